import Foundation
import SafeIO
import Tokenization

/// What a tokenizer is made of.
struct TokenizerReport {
  private static let shownTokens = 12

  let tokenizer: Tokenizer
  /// Whether the chat template's text is shown.
  let showsTemplate: Bool

  init(_ tokenizer: Tokenizer, showsTemplate: Bool) {
    (self.tokenizer, self.showsTemplate) = (tokenizer, showsTemplate)
  }

  /// The tokenizer of a directory, or of one `tokenizer.json` by itself.
  static func load(_ path: String) throws -> Tokenizer {
    var isDirectory: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    if isDirectory.boolValue { return try Tokenizer(directory: path) }
    if (path as NSString).lastPathComponent == "tokenizer.json" {
      let folder = (path as NSString).deletingLastPathComponent
      return try Tokenizer(directory: folder.isEmpty ? "." : folder)
    }
    let json: JSON
    do {
      json = try JSON(parsingFile: path)
    } catch let error as JSONError {
      throw TokenizerError.json(
        file: path, line: error.position.line, column: error.position.column,
        reason: error.explanation)
    }
    guard json["model"] != nil else { throw InspectionError.unknownKind(path: path) }
    return try Tokenizer(json: json)
  }

  var report: Report {
    var report = Report()
    report.say("kind", "byte-level BPE", "kind", "byte-level BPE")
    report.say(
      "words", tokenizer.preTokenizerName + (tokenizer.composesText ? ", after NFC" : ""),
      "pre_tokenizer", JSON(tokenizer.preTokenizerName))
    report.set("composes_text", JSON(tokenizer.composesText))
    report.say(
      "vocabulary",
      "\(Quantity.count(tokenizer.vocabularySize)) tokens, "
        + "\(Quantity.count(tokenizer.mergeCount)) merges",
      "vocabulary_size", JSON(tokenizer.vocabularySize))
    report.set("merges", JSON(tokenizer.mergeCount))
    special(&report)
    let bytes = tokenizer.unencodableBytes
    report.set("unencodable_bytes", JSON(bytes.map { Int($0) }))
    if !bytes.isEmpty { report.say("no token for", "\(bytes.count) of the 256 bytes") }
    report.say("SHA-256", tokenizer.fingerprint, "sha256", JSON(tokenizer.fingerprint))
    template(&report)
    return report
  }

  private func special(_ report: inout Report) {
    let ids = (0..<tokenizer.vocabularySize).filter(tokenizer.isSpecial)
    let shown = ids.prefix(Self.shownTokens).map(name).joined(separator: ", ")
    report.say(
      "special tokens",
      ids.isEmpty ? "none" : "\(ids.count): \(shown)" + (ids.count > Self.shownTokens ? ", …" : ""))
    report.set("special_tokens", JSON(ids.map(token)))
    let roles: [(String, String, [Int])] = [
      ("begin", "bos", tokenizer.beginningOfSequence.map { [$0] } ?? []),
      ("end", "eos", tokenizer.endOfSequence),
      ("padding", "pad", tokenizer.padding.map { [$0] } ?? []),
      ("unknown", "unk", tokenizer.unknown.map { [$0] } ?? []),
    ]
    for (label, key, ids) in roles {
      report.set(key, key == "eos" ? JSON(ids.map(token)) : ids.first.map(token))
      if !ids.isEmpty { report.say(label, ids.map(name).joined(separator: ", ")) }
    }
    report.set("adds_bos", JSON(tokenizer.addsBeginningOfSequence))
  }

  private func template(_ report: inout Report) {
    guard let template = tokenizer.chatTemplate else {
      report.say("chat template", "none", "chat_template", .null)
      return
    }
    let hash = FileHash.sha256(of: Array(template.source.utf8))
    report.say(
      "chat template",
      "\(Quantity.count(template.source.utf8.count)) bytes, SHA-256 \(hash.prefix(16))…"
        + (showsTemplate ? "" : "; text: --template"))
    var object = JSONObject()
    object["bytes"] = JSON(template.source.utf8.count)
    object["sha256"] = JSON(hash)
    if showsTemplate {
      object["text"] = JSON(template.source)
      report.show(text: "")
      report.show(text: template.source)
    }
    report.set("chat_template", JSON(object))
  }

  private func name(_ id: Int) -> String { "\(tokenizer.token(for: id) ?? "?") (\(id))" }

  private func token(_ id: Int) -> JSON {
    ["id": JSON(id), "token": tokenizer.token(for: id).map { JSON($0) } ?? .null]
  }
}
