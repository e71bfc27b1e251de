import Foundation
import ModelFiles
import SafeIO
import Tokenization

/// Hashes that say which base, tokenizer and chat template an adapter belongs to.
package struct ModelFingerprint: Sendable, Equatable {
  /// SHA-256 of the GGUF file, or of the list of the weight files' hashes.
  package var weights: String
  /// SHA-256 over what decides token ids; nil without a tokenizer.
  package var tokenizer: String?
  /// SHA-256 of the template's text; nil without one.
  package var chatTemplate: String?

  package init(weights: String, tokenizer: String?, chatTemplate: String?) {
    (self.weights, self.tokenizer, self.chatTemplate) = (weights, tokenizer, chatTemplate)
  }
}

extension ModelBundle {
  /// The hashes of this model; reads the weight files once more.
  package func fingerprint() throws -> ModelFingerprint {
    ModelFingerprint(
      weights: try Self.weightsHash(of: origin), tokenizer: tokenizer?.fingerprint,
      chatTemplate: tokenizer?.chatTemplate.map { FileHash.sha256(of: Array($0.source.utf8)) })
  }

  /// The hash of the weights alone.
  package static func weightsHash(of origin: Origin) throws -> String {
    switch origin {
    case .gguf(let path): return try FileHash.sha256(ofFile: path)
    case .directory(let path):
      let files = try ShardedSafetensors(directory: path).files.map(\.path).sorted()
      let hashes = try files.map { try FileHash.sha256(ofFile: $0) }
      if hashes.count == 1 { return hashes[0] }
      return FileHash.sha256(of: Array(hashes.joined(separator: "\n").utf8))
    }
  }
}
