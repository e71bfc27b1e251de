// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Consumer",
  dependencies: [
    // The name stands for whatever the directory is called; from elsewhere, give the repository's URL.
    .package(name: "graft", path: "../../..")
  ],
  targets: [
    .executableTarget(
      name: "Consumer",
      dependencies: [
        "Adapters", "Autodiff", "Datasets", "Evaluation", "Inference", "Models", "NN", "Optimizers",
        "TensorCore", "Tokenization", "Training",
      ].map { .product(name: $0, package: "graft") },
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
