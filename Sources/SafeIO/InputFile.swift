import Foundation

/// A regular file opened for reading, its size known and watched.
///
/// Bytes are read, not mapped: a mapped file that shrinks ends the process with a bus error.
/// Reads carry their offset, so that several threads may share one file.
package final class InputFile: Sendable {
  package let path: String
  /// Size in bytes when the file was opened.
  package let size: Int
  private let descriptor: Int32
  /// The bytes of a file that exists only in memory.
  private let memory: [UInt8]?

  /// Opens `path`; pipes, devices and directories are refused without waiting for them.
  package init(path: String) throws {
    guard !path.utf8.contains(0) else { throw IOFailure(path, .notFound) }
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw IOFailure.system("open", path) }
    self.path = path
    memory = nil
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw IOFailure.system("examine", path)
    }
    if let kind = Self.irregularKind(status.st_mode) {
      close(descriptor)
      throw IOFailure(path, .notRegular(found: kind))
    }
    size = Int(status.st_size)
  }

  /// A file whose bytes are given, for readers that are tested on many small texts.
  package init(memory: [UInt8], path: String = "memory") {
    self.memory = memory
    self.path = path
    size = memory.count
    descriptor = -1
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  package func read(offset: Int, count: Int) throws -> [UInt8] {
    try checkRange(offset: offset, count: count)
    if let memory, offset == 0, count == size { return memory }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try read(
        offset: offset, into: .init(start: buffer.baseAddress, count: count))
      initialized = count
    }
  }

  /// Fills all of `buffer` from `offset` on.
  package func read(offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    try checkRange(offset: offset, count: buffer.count)
    if let memory {
      memory.withUnsafeBytes {
        buffer.copyMemory(from: .init(rebasing: $0[offset..<(offset + buffer.count)]))
      }
      return
    }
    guard let base = buffer.baseAddress else { return }
    var done = 0
    while done < buffer.count {
      let got = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw IOFailure.system("read", path) }
      guard got > 0 else {
        throw IOFailure(path, .changed(expectedBytes: size, foundBytes: offset + done))
      }
      done += got
    }
  }

  /// Throws if the file no longer has the size that it was opened with.
  package func checkUnchanged() throws {
    guard memory == nil else { return }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw IOFailure.system("examine", path) }
    guard Int(status.st_size) == size else {
      throw IOFailure(path, .changed(expectedBytes: size, foundBytes: Int(status.st_size)))
    }
  }

  /// All bytes of the file at `path`, refused unread if there are more than `maxBytes`.
  package static func contents(of path: String, maxBytes: Int) throws -> [UInt8] {
    let file = try InputFile(path: path)
    guard file.size <= maxBytes else {
      throw IOFailure(path, .tooLarge(bytes: file.size, limit: maxBytes))
    }
    return try file.read(offset: 0, count: file.size)
  }

  private func checkRange(offset: Int, count: Int) throws {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw IOFailure(path, .outOfRange(offset: offset, count: count, size: size))
    }
  }

  private static func irregularKind(_ mode: mode_t) -> String? {
    switch mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: "a directory"
    case S_IFIFO: "a pipe"
    case S_IFCHR, S_IFBLK: "a device"
    case S_IFSOCK: "a socket"
    default: "something else"
    }
  }
}
