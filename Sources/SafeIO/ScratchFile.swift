import Foundation

/// A temporary file without a name: it is gone as soon as nobody holds it, whatever ends the process.
package final class ScratchFile {
  /// Bytes written so far.
  package private(set) var size = 0
  private let descriptor: Int32
  private let directory: String
  private var buffer: [UInt8] = []

  private static let bufferBytes = 1 << 18

  /// An empty file on the disk of `directory`.
  package init(directory: String) throws {
    self.directory = directory
    descriptor = Self.opened(in: directory)
    guard descriptor >= 0 else { throw IOFailure.system("create a file in", directory) }
  }

  private static func opened(in directory: String) -> Int32 {
    #if os(Linux)
      // O_TMPFILE: never has a name, so that nothing stays if the process ends at this very moment.
      let unnamed = open(directory, O_DIRECTORY | 0o20_000_000 | O_RDWR | O_CLOEXEC, 0o600)
      if unnamed >= 0 { return unnamed }
    #endif
    // Not every file system can do that.
    var template = Array("\(directory)/.graft-scratch-XXXXXX".utf8CString)
    return template.withUnsafeMutableBufferPointer { name in
      guard let base = name.baseAddress else { return -1 }
      let descriptor = mkstemp(base)
      if descriptor >= 0 { unlink(base) }
      return descriptor
    }
  }

  /// An empty file on the disk of `path` or, where that does not exist yet, of what it will be made in.
  package convenience init(near path: String) throws {
    try self.init(directory: Self.existing(path))
  }

  private static func existing(_ path: String) -> String {
    var url = URL(filePath: path).standardizedFileURL
    var isDirectory: ObjCBool = false
    while url.path() != "/" {
      let found = FileManager.default.fileExists(
        atPath: url.path(percentEncoded: false), isDirectory: &isDirectory)
      if found, isDirectory.boolValue { break }
      url.deleteLastPathComponent()
    }
    return url.path(percentEncoded: false)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds bytes at the end.
  package func append(_ bytes: UnsafeRawBufferPointer) throws {
    size += bytes.count
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferBytes { try flush() }
  }

  /// Fills the beginning of `buffer` from `offset` on.
  ///
  /// - Returns: How many bytes there were; 0 at the end.
  package func read(offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try flush()
    guard let base = buffer.baseAddress else { return 0 }
    var done = 0
    while done < buffer.count {
      let got = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw IOFailure.system("read a temporary file in", directory) }
      if got == 0 { break }
      done += got
    }
    return done
  }

  /// Makes what was added durable.
  package func sync() throws {
    try flush()
    guard fsync(descriptor) == 0 else {
      throw IOFailure.system("flush a temporary file in", directory)
    }
  }

  private func flush() throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    try buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var done = 0
      while done < bytes.count {
        let put = write(descriptor, base + done, bytes.count - done)
        if put < 0 && errno == EINTR { continue }
        guard put > 0 else { throw IOFailure.system("write a temporary file in", directory) }
        done += put
      }
    }
  }
}
