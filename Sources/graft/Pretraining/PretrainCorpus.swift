import Datasets
import Foundation
import SafeIO
import TensorCore
import Tokenization

/// The text of a pre-training, as tokens in `RUN/tokens/`.
struct PretrainCorpus {
  let training: TokenStore
  let validation: TokenStore
  let account: CorpusAccount
  /// What decides every token: hashes of the files, of the tokenizer, and what is held out.
  let identity: JSON

  /// Which text, and what of it is held out.
  struct Request {
    var training: [String]
    var validation: [String]
    var field: String?
    var heldOutShare: Double
  }

  /// Tokenises the text, or takes the tokens that an earlier start of the same run has made of it.
  ///
  /// - Parameters:
  ///   - request: What is read.
  ///   - identity: What `identity(of:_:)` says of the request; all of the text was read for it.
  ///   - tokenizer: Makes the tokens.
  ///   - directory: Where they are kept.
  ///   - isQuiet: Whether no progress is shown.
  /// - Throws: What reading, tokenising and writing throw.
  init(
    _ request: Request, identity: JSON, tokenizer: Tokenizer, in directory: String, isQuiet: Bool
  ) throws {
    self.identity = identity
    let note = "\(directory)/corpus.json"
    if let kept = try? Self.kept(note, identity: identity) {
      account = kept
    } else {
      do {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true)
      } catch {
        throw IOFailure.system("create", directory)
      }
      account = try Self.tokenise(request, tokenizer, in: directory, isQuiet: isQuiet)
      var object = JSONObject()
      object["identity"] = identity
      object["account"] = account.json
      try AtomicFile.write(
        Array((JSON(object).serialized(pretty: true) + "\n").utf8), to: note)
    }
    training = try TokenStore(path: "\(directory)/train.tokens")
    validation = try TokenStore(path: "\(directory)/valid.tokens")
  }

  /// What decides every token of the text.
  static func identity(of request: Request, _ tokenizer: Tokenizer) throws -> JSON {
    func hashes(_ paths: [String]) throws -> JSON {
      JSON(try paths.map { try FileHash.sha256(ofFile: $0) })
    }
    var object = JSONObject()
    object["text_sha256"] = try hashes(request.training)
    object["valid_sha256"] = try hashes(request.validation)
    object["tokenizer"] = JSON(tokenizer.fingerprint)
    object["chat_template"] = tokenizer.chatTemplate.map {
      JSON(FileHash.sha256(of: Array($0.source.utf8)))
    }
    object["field"] = request.field.map { JSON($0) }
    object["held_out_share"] = JSON(request.validation.isEmpty ? request.heldOutShare : 0)
    return JSON(object)
  }

  private static func kept(_ path: String, identity: JSON) throws -> CorpusAccount? {
    let json = try JSON(parsingFile: path, limits: .init(bytes: 1 << 20))
    guard json["identity"]?.serialized() == identity.serialized(), let account = json["account"]
    else { return nil }
    return CorpusAccount(json: account)
  }

  private static func tokenise(
    _ request: Request, _ tokenizer: Tokenizer, in directory: String, isQuiet: Bool
  ) throws -> CorpusAccount {
    let total = try (request.training + request.validation)
      .reduce(0) { $0 + (try InputFile(path: $1).size) }
    let line = ProgressLine("tokenising MB", total: total >> 20, isQuiet: isQuiet)
    defer { line.finish() }
    let start = ContinuousClock.now
    return try CorpusTokenizer(
      tokenizer: tokenizer, field: request.field, heldOutShare: request.heldOutShare
    ).write(
      training: request.training, validation: request.validation, to: directory
    ) { bytes in
      try Interruption.throwIfRequested()
      // A short text is done before a person could read how far it is.
      if ContinuousClock.now - start > .seconds(1) { line.update(bytes >> 20) }
    }
  }
}
