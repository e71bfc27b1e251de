public import ArgumentParser
public import Inference
import ModelFiles
import Models

/// How a command that generates computes.
struct NumericsOption: ParsableArguments {
  @Option(
    help: """
      How it computes: exact (f32 throughout) or fast (integer products of quantised blocks). \
      (default: fast for a .gguf file that is quantised, else exact)
      """)
  var numerics: ServingNumerics?

  /// What was asked for, or what suits the model: blocks that are quantised are multiplied as they are,
  /// weights that are not are not rounded unasked.
  func numerics(forModelAt path: String) throws -> ServingNumerics {
    if let numerics { return numerics }
    guard case .gguf(let file) = try ModelBundle.origin(of: path) else { return .exact }
    let plain: [StoredType] = [.f32, .f16, .bf16, .f64]
    return try GGUFFile(path: file).tensors.allSatisfy { plain.contains($0.type) } ? .exact : .fast
  }
}

extension ServingNumerics: ExpressibleByArgument {}
