import Foundation
public import ModelFiles
import SafeIO
import Tokenization

extension ModelBundle {
  /// The hashes of this model; reads the weight files once more.
  ///
  /// - Throws: What reading them throws.
  public func fingerprint() throws -> ModelFingerprint {
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
