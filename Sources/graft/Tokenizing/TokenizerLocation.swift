import Foundation
import ModelFiles
import Models
import SafeIO
import Tokenization

/// Where the tokenizer that `--tokenizer` names comes from.
enum TokenizerLocation {
  /// The tokenizer of a directory with `tokenizer.json`, of one such file, or of a model.
  static func load(_ argument: String) throws -> Tokenizer {
    if argument.hasSuffix(".json")
      || FileManager.default.fileExists(atPath: "\(argument)/tokenizer.json")
    {
      return try TokenizerReport.load(argument)
    }
    let place = try ModelLocation.resolve(argument)
    let found =
      switch place.layout {
      case .directory: try TokenizerReport.load(place.path)
      case .gguf: try Tokenizer(gguf: try GGUFFile(path: place.path).metadata)
      }
    guard let found else { throw TokenizerInputError.noTokenizer(path: place.path) }
    return found
  }
}
