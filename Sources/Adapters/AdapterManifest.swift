import Foundation
package import SafeIO

/// `graft.json`: what PEFT's two files leave out.
///
/// Hashes tell which base, tokenizer and template the adapter belongs to.
package struct AdapterManifest: Sendable, Equatable {
  package static let fileName = "graft.json"

  /// SHA-256 of the base's weights.
  package var baseWeights: String
  /// SHA-256 over what decides token ids.
  package var tokenizer: String?
  /// SHA-256 of the chat template.
  package var chatTemplate: String?
  /// Everything else that is worth keeping: data account, command, versions.
  package var notes: JSONObject

  package init(
    baseWeights: String, tokenizer: String?, chatTemplate: String?,
    notes: JSONObject = JSONObject()
  ) {
    (self.baseWeights, self.tokenizer, self.chatTemplate) = (baseWeights, tokenizer, chatTemplate)
    self.notes = notes
  }

  /// The manifest of an adapter directory; nil where there is none.
  package init?(directory: String) throws {
    let path = "\(directory)/\(Self.fileName)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let json: JSON
    do {
      json = try JSON(parsingFile: path, limits: .init(bytes: 4 << 20))
    } catch let error as JSONError {
      throw AdapterError.manifest(path: path, "not valid JSON: \(error)")
    }
    guard let weights = json["base_weights_sha256"]?.string else {
      throw AdapterError.manifest(path: path, "no text under base_weights_sha256")
    }
    self.init(
      baseWeights: weights, tokenizer: json["tokenizer_sha256"]?.string,
      chatTemplate: json["chat_template_sha256"]?.string)
  }

  /// Throws unless the adapter belongs to a model with these hashes.
  package func check(
    path: String, weights: String, tokenizer: String?, chatTemplate: String?
  ) throws {
    let pairs = [
      ("base model", baseWeights, weights), ("tokenizer", self.tokenizer, tokenizer),
      ("chat template", self.chatTemplate, chatTemplate),
    ]
    for case (let what, let expected?, let found) in pairs where expected != found {
      throw AdapterError.otherBase(
        path: path, what: what, expected: expected, found: found ?? "none")
    }
  }

  /// Writes `graft.json` into the directory.
  package func save(to directory: String) throws {
    var object = JSONObject()
    object["format"] = 1
    object["base_weights_sha256"] = JSON(baseWeights)
    object["tokenizer_sha256"] = tokenizer.map { JSON($0) }
    object["chat_template_sha256"] = chatTemplate.map { JSON($0) }
    for (key, value) in notes { object[key] = value }
    try AtomicFile.write(
      Array((JSON(object).serialized(pretty: true) + "\n").utf8),
      to: "\(directory)/\(Self.fileName)")
  }
}
