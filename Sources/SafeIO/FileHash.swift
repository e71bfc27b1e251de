import Crypto

/// SHA-256, in lower-case hexadecimal.
package enum FileHash {
  private static let chunkBytes = 1 << 20

  package static func sha256(of bytes: [UInt8]) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return hexadecimal(hash.finalize())
  }

  package static func sha256(ofFile path: String) throws -> String {
    let file = try InputFile(path: path)
    var hash = SHA256()
    var offset = 0
    while offset < file.size {
      let chunk = try file.read(offset: offset, count: min(chunkBytes, file.size - offset))
      chunk.withUnsafeBytes { hash.update(bufferPointer: $0) }
      offset += chunk.count
    }
    try file.checkUnchanged()
    return hexadecimal(hash.finalize())
  }

  fileprivate static func hexadecimal(_ digest: SHA256Digest) -> String {
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

/// SHA-256 of bytes that come piece by piece.
package struct StreamHash {
  private var hash = SHA256()

  package init() {}

  package mutating func add(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

  /// The hash of all pieces, in lower-case hexadecimal.
  package func finish() -> String { FileHash.hexadecimal(hash.finalize()) }
}
