// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target of ours: explicit existentials and imports, no warnings.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A library target of ours.
///
/// Its place in the list is its floor: it imports only floors below
/// (`scripts/check.sh` refuses the rest).
func floor(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of the target `name`, with the shared test support.
func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
    swiftSettings: strict)
}

let package = Package(
  name: "graft",
  products: [
    .executable(name: "graft", targets: ["graft"]),
    .library(name: "SafeIO", targets: ["SafeIO"]),
    .library(name: "TensorCore", targets: ["TensorCore"]),
    .library(name: "Autodiff", targets: ["Autodiff"]),
    .library(name: "Tokenization", targets: ["Tokenization"]),
    .library(name: "ModelFiles", targets: ["ModelFiles"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "NN", targets: ["NN"]),
    .library(name: "Models", targets: ["Models"]),
    .library(name: "Adapters", targets: ["Adapters"]),
    .library(name: "Optimizers", targets: ["Optimizers"]),
    .library(name: "Training", targets: ["Training"]),
    .library(name: "Inference", targets: ["Inference"]),
    .library(name: "Evaluation", targets: ["Evaluation"]),
    .library(name: "Verification", targets: ["Verification"]),
    .library(name: "Constraints", targets: ["Constraints"]),
    .library(name: "Server", targets: ["Server"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // Floor 0
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CKernels"),
    .target(name: "CPeaks"),
    // Floor 1
    floor("TensorCore", ["COpenBLAS", "CKernels"]),
    floor("SafeIO", [.product(name: "Crypto", package: "swift-crypto")]),
    // Floor 2
    floor("Tokenization", ["SafeIO"]),
    floor("Charts", ["SafeIO"]),
    floor("Autodiff", ["TensorCore"]),
    floor("ModelFiles", ["TensorCore", "SafeIO"]),
    // Floor 3
    floor("Datasets", ["Tokenization", "SafeIO"]),
    floor("NN", ["Autodiff", "TensorCore"]),
    floor("Constraints", ["Tokenization", "SafeIO"]),
    // Floor 4
    floor("Models", ["NN", "Autodiff", "TensorCore", "ModelFiles", "Tokenization", "SafeIO"]),
    floor("Adapters", ["NN", "Autodiff", "TensorCore", "ModelFiles", "SafeIO"]),
    floor("Optimizers", ["NN", "Autodiff", "TensorCore"]),
    // Floor 5
    floor(
      "Training",
      [
        "Models", "Adapters", "Optimizers", "Datasets", "NN", "Autodiff", "TensorCore",
        "ModelFiles", "Tokenization", "SafeIO",
      ]),
    floor(
      "Inference",
      [
        "Models", "Adapters", "NN", "Autodiff", "TensorCore", "ModelFiles", "Tokenization",
        "Constraints", "CKernels", "SafeIO",
      ]
    ),
    // Floor 6
    floor(
      "Evaluation",
      [
        "Inference", "Datasets", "Models", "Adapters", "NN", "Autodiff", "Tokenization",
        "TensorCore", "ModelFiles", "SafeIO",
      ]),
    // Floor 7
    floor(
      "Verification",
      [
        "Training", "Inference", "Datasets", "Models", "Adapters", "NN", "Autodiff", "TensorCore",
        "ModelFiles", "Tokenization", "SafeIO",
      ]),
    // Floor 8
    floor(
      "Server",
      [
        "Inference", "Constraints", "Adapters", "Models", "Tokenization", "ModelFiles",
        "TensorCore", "SafeIO",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    // Floor 9
    .executableTarget(
      name: "graft",
      dependencies: [
        "Server", "Charts", "Constraints", "Verification",
        "Evaluation", "Inference", "Training", "Optimizers", "Adapters", "Models", "NN",
        "Datasets", "ModelFiles", "Autodiff", "Tokenization", "SafeIO", "TensorCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Training", "Datasets", "Inference", "Optimizers", "Adapters", "Models", "NN", "Autodiff",
        "Constraints", "Tokenization", "ModelFiles", "TensorCore", "SafeIO", "COpenBLAS", "CPeaks",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    // Tests
    .target(
      name: "TestSupport",
      dependencies: ["TensorCore", "Autodiff", "SafeIO"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests(of: "TensorCore", ["CKernels"]),
    tests(of: "SafeIO"),
    tests(of: "Tokenization", ["SafeIO"]),
    tests(of: "Autodiff", ["TensorCore"]),
    tests(of: "ModelFiles", ["TensorCore", "SafeIO"]),
    tests(of: "Datasets", ["Tokenization", "SafeIO"]),
    tests(of: "NN", ["Autodiff", "TensorCore"]),
    tests(
      of: "Models", ["NN", "Autodiff", "TensorCore", "ModelFiles", "Tokenization", "SafeIO"]),
    tests(of: "Adapters", ["Models", "NN", "Autodiff", "TensorCore", "ModelFiles", "SafeIO"]),
    tests(of: "Optimizers", ["NN", "Autodiff", "TensorCore"]),
    tests(
      of: "Training",
      [
        "Models", "Adapters", "Optimizers", "Datasets", "NN", "Autodiff", "TensorCore",
        "ModelFiles", "SafeIO",
      ]),
    tests(
      of: "Inference",
      [
        "Models", "Adapters", "NN", "Autodiff", "ModelFiles", "Tokenization", "TensorCore",
        "SafeIO", "CKernels",
      ]
    ),
    tests(of: "Evaluation", ["Inference", "Datasets", "Models", "Tokenization", "SafeIO"]),
    tests(
      of: "Verification",
      [
        "Training", "Inference", "Datasets", "Models", "Adapters", "NN", "Autodiff", "TensorCore",
        "ModelFiles", "SafeIO",
      ]),
    tests(of: "Constraints", ["Tokenization", "SafeIO"]),
    tests(of: "Charts", ["SafeIO"]),
    tests(
      of: "Server",
      [
        "Inference", "Constraints", "Adapters", "Models", "NN", "Tokenization", "TensorCore",
        "SafeIO",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    tests(of: "graft", ["SafeIO", "Training"]),
    tests(of: "Benchmarks", ["SafeIO"]),
  ],
  swiftLanguageModes: [.v6]
)
