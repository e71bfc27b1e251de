import Foundation

/// A file that grows line by line: what a log needs, where `AtomicFile` is for things that are whole.
package final class AppendedFile {
  package let path: String
  private let descriptor: Int32

  /// Opens `path`, made if there is none, and cuts it to its first `byteCount` bytes.
  ///
  /// - Throws: `IOFailure`.
  package init(path: String, cutTo byteCount: Int) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw IOFailure.system("create", path) }
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw IOFailure.system("cut", path) }
  }

  deinit { close(descriptor) }

  /// Adds `line` and a line feed.
  package func append(_ line: String) throws {
    var sink = FileSink(descriptor: descriptor, path: path)
    try sink.write(line + "\n")
    try sink.flush()
  }

  /// Adds bytes.
  package func append(bytes: [UInt8]) throws {
    var sink = FileSink(descriptor: descriptor, path: path)
    try sink.write(bytes)
    try sink.flush()
  }

  /// Makes what was added durable.
  package func flush() throws {
    guard fsync(descriptor) == 0 else { throw IOFailure.system("flush", path) }
  }
}
