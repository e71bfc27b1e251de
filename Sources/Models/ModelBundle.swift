import Foundation
public import ModelFiles
import SafeIO
public import Tokenization

/// A model and what it needs to read and write text: weights, tokenizer and chat template from a Hugging
/// Face directory or a GGUF file.
public struct ModelBundle {
  /// Where a model comes from.
  public enum Origin: Sendable, Equatable {
    /// A Hugging Face directory.
    case directory(String)
    /// A GGUF file.
    case gguf(String)

    /// The path of the directory or of the file.
    public var path: String {
      switch self {
      case .directory(let path), .gguf(let path): path
      }
    }
  }

  /// Where the model was loaded from.
  public let origin: Origin
  /// The model's sizes.
  public let configuration: TransformerConfiguration
  /// The transformer with its weights.
  public let model: DecoderLM
  /// Text to ids and back; nil where the model comes without one.
  public let tokenizer: Tokenizer?

  /// A new model that has learnt nothing, with the tokenizer of a directory.
  ///
  /// - Parameters:
  ///   - size: Its sizes; what begins and ends a text comes from the tokenizer.
  ///   - directory: Has the tokenizer's files, which are saved with the model.
  ///   - seed: Decides every weight.
  /// - Throws: `TokenizerError`, `IOFailure`.
  public init(
    initializing size: TransformerConfiguration, tokenizerDirectory directory: String, seed: UInt64
  ) throws {
    let tokenizer = try Tokenizer(directory: directory)
    try tokenizer.requireFits(embeddingRows: size.vocabularySize)
    var configuration = size
    configuration.bosTokenID = tokenizer.beginningOfSequence
    configuration.eosTokenIDs = tokenizer.endOfSequence
    configuration.padTokenID = tokenizer.padding
    (origin, self.tokenizer) = (.directory(directory), tokenizer)
    self.configuration = configuration
    model = DecoderLM(initializing: configuration, seed: seed)
  }

  /// Loads everything at `path`: a directory with `config.json`, one with a single `.gguf` file, or a
  /// `.gguf` file.
  ///
  /// - Throws: `ModelFileError`, `TokenizerError` or `IOFailure`.
  public init(path: String) throws {
    let source = try ModelSource(path: path)
    origin = source.origin
    configuration = source.configuration
    tokenizer = source.tokenizer
    model = try DecoderLM(configuration: source.configuration, source: source.tensors)
    try source.checkUnchanged()
  }

  /// What kind of model is at `path`; looks at names only.
  package static func origin(of path: String) throws -> Origin {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw IOFailure(path, .notFound, failureClass: .model)
    }
    if !isDirectory.boolValue { return .gguf(path) }
    if FileManager.default.fileExists(atPath: "\(path)/config.json") { return .directory(path) }
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      .filter { $0.hasSuffix(".gguf") }
    guard names.count == 1 else { return .directory(path) }
    return .gguf("\(path)/\(names[0])")
  }

  static func configuration(inDirectory path: String) throws -> TransformerConfiguration {
    let file = "\(path)/config.json"
    do {
      return try TransformerConfiguration(
        parsing: JSON(parsingFile: file, limits: .init(bytes: 1 << 20)), path: file)
    } catch let error as JSONError {
      throw ModelFileError(file, .configJSON(error))
    }
  }

  static func tokenizer(inDirectory path: String) throws -> Tokenizer? {
    guard FileManager.default.fileExists(atPath: "\(path)/tokenizer.json") else { return nil }
    return try Tokenizer(directory: path)
  }
}

extension Tokenizer {
  /// The tokenizer that a GGUF file's metadata describe; nil where they describe none.
  package init?(gguf metadata: GGUFMetadata) throws {
    let prefix = "tokenizer.ggml"
    guard let tokens = try metadata.strings("\(prefix).tokens") else { return nil }
    let id = { (name: String) in try metadata.uint("\(prefix).\(name)_token_id") }
    try self.init(
      ggufModel: metadata.required("\(prefix).model", metadata.string),
      pre: metadata.required("\(prefix).pre", metadata.string), tokens: tokens,
      merges: metadata.strings("\(prefix).merges") ?? [],
      tokenTypes: metadata.ints("\(prefix).token_type") ?? [], bos: id("bos"), eos: id("eos"),
      pad: id("padding"), unk: id("unknown"), endOfTurn: id("eot"),
      addBOS: metadata.bool("\(prefix).add_bos_token") ?? false,
      chatTemplate: metadata.string("tokenizer.chat_template"))
  }
}
