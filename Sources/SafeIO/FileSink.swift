import Foundation

/// Where the bytes of a new file go, buffered; see `AtomicFile`.
package struct FileSink {
  /// Bytes given so far.
  package private(set) var byteCount = 0
  private let descriptor: Int32
  private let path: String
  private var buffer: [UInt8] = []

  private static let bufferBytes = 1 << 20

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  package mutating func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  package mutating func write(_ text: String) throws {
    try write(Array(text.utf8))
  }

  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
    byteCount += bytes.count
    if buffer.count + bytes.count <= Self.bufferBytes {
      buffer.append(contentsOf: bytes)
      return
    }
    try flush()
    try writeFully(bytes)
  }

  mutating func flush() throws {
    try buffer.withUnsafeBytes { try writeFully($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeFully(_ bytes: UnsafeRawBufferPointer) throws {
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let put = Foundation.write(descriptor, base + done, bytes.count - done)
      if put < 0 && errno == EINTR { continue }
      guard put > 0 else { throw IOFailure.system("write", path) }
      done += put
    }
  }
}
