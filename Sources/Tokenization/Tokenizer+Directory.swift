import Foundation
import SafeIO

extension Tokenizer {
  private static let largestFile = 128 << 20

  /// Reads the tokenizer of a Hugging Face directory.
  ///
  /// `tokenizer.json` must be there; `tokenizer_config.json` (special tokens, chat template),
  /// `chat_template.jinja` and `generation_config.json` (ends of sequences) are read if they are.
  ///
  /// - Throws: `TokenizerError`, `TemplateError`, or what reading a file throws.
  public init(directory path: String) throws {
    let json = try Self.json(path + "/tokenizer.json")
    let configPath = path + "/tokenizer_config.json"
    let config =
      FileManager.default.fileExists(atPath: configPath) ? try Self.json(configPath) : [:]
    let settings = JSONAt(value: config, path: "")
    let names = ["bos_token", "eos_token", "pad_token", "unk_token"]
    let texts = try names.map { try settings[$0].map(Self.tokenText) }
    try self.init(json: json, control: texts[0...1].compactMap(\.self))

    let ids = try zip(names, texts).map { name, text in
      try text.map { text in
        guard let id = id(of: text) else {
          throw TokenizerError.specialTokenAbsent(
            name: "\(name) in tokenizer_config.json", token: text)
        }
        return id
      }
    }
    beginningOfSequence = ids[0]
    endOfSequence = ids[1].map { [$0] } ?? []
    padding = ids[2]
    unknown = ids[3] ?? unknown
    try checkAddedTokens(settings)
    try readGenerationEnds(path + "/generation_config.json")
    if let source = try Self.templateSource(path, settings) {
      chatTemplate = try ChatTemplate(source)
      bindTemplate()
    }
  }

  private static func json(_ path: String) throws -> JSON {
    let bytes: [UInt8]
    do {
      bytes = try InputFile.contents(of: path, maxBytes: largestFile)
    } catch let failure as IOFailure {
      guard case .tooLarge(let bytes, let limit) = failure.reason else { throw failure }
      throw TokenizerError.tooLarge(path: path, bytes: bytes, limit: limit)
    }
    do throws(JSONError) {
      return try JSON(parsing: bytes)
    } catch {
      throw TokenizerError.json(
        file: path, line: error.position.line, column: error.position.column,
        reason: error.explanation)
    }
  }

  /// A special token, which is a string or an object with its settings.
  private static func tokenText(_ token: JSONAt) throws -> String {
    try token.value.object == nil
      ? token.string() : token.required("content", "a string").string()
  }

  /// Older files list the added tokens a second time; both lists must agree.
  private func checkAddedTokens(_ settings: JSONAt) throws {
    guard let list = settings["added_tokens_decoder"] else { return }
    for key in try list.object().keys {
      guard let entry = list[key] else { continue }
      let content = try Self.tokenText(entry)
      guard let number = Int(key), id(of: content) == number else {
        throw TokenizerError.specialTokenAbsent(name: entry.path, token: content)
      }
    }
  }

  private mutating func readGenerationEnds(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path),
      let ends = JSONAt(value: try Self.json(path), path: "")["eos_token_id"]
    else { return }
    for end in ends.value.array ?? [ends.value] {
      guard let id = end.int, token(for: id) != nil else {
        throw TokenizerError.specialTokenAbsent(
          name: "eos_token_id in generation_config.json", token: end.serialized())
      }
      if !endOfSequence.contains(id) { endOfSequence.append(id) }
    }
  }

  /// `chat_template.jinja` if there is one, else the `chat_template` of the settings: a string, or a
  /// list of named ones, of which the default is taken.
  private static func templateSource(_ directory: String, _ settings: JSONAt) throws -> String? {
    let path = directory + "/chat_template.jinja"
    if FileManager.default.fileExists(atPath: path) {
      let bytes = try InputFile.contents(of: path, maxBytes: ChatTemplate.longestSource)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TokenizerError.field(path: path, expected: "UTF-8", found: "other bytes")
      }
      return text
    }
    guard let template = settings["chat_template"] else { return nil }
    guard template.value.array != nil else { return try template.string() }
    for named in try template.elements()
    where try named.required("name", "a string").string() == "default" {
      return try named.required("template", "a string").string()
    }
    return nil
  }
}
