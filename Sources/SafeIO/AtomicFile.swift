import Foundation

/// Files that appear whole or not at all, also when the machine stops in between.
package enum AtomicFile {
  package static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { try $0.write(bytes) }
  }

  /// Writes what `body` gives to a temporary neighbour, and renames it over `path` at the end.
  ///
  /// If anything fails, `path` is as it was and the neighbour is gone.
  package static func write(to path: String, _ body: (inout FileSink) throws -> Void) throws {
    let temporary = TemporaryName.beside(path)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw IOFailure.system("create", path) }
    do {
      defer { close(descriptor) }
      var sink = FileSink(descriptor: descriptor, path: path)
      try body(&sink)
      try sink.flush()
      guard fsync(descriptor) == 0 else { throw IOFailure.system("flush", path) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let failure = IOFailure.system("rename", path)
      unlink(temporary)
      throw failure
    }
    try DirectoryFlush.flush(TemporaryName.parent(of: path))
  }
}

/// Names for things that are not finished yet.
enum TemporaryName {
  /// A hidden name in the same directory that nothing else uses.
  static func beside(_ path: String, suffix: String = "tmp") -> String {
    let trimmed = trimmed(path)
    let name = trimmed.split(separator: "/").last.map(String.init) ?? "file"
    // A name at the limit of the file system leaves no room for more.
    let short = String(decoding: name.utf8.prefix(180), as: UTF8.self)
    let random = String(UInt64.random(in: .min ... .max), radix: 36)
    return "\(parent(of: trimmed))/.\(short).\(suffix)-\(getpid())-\(random)"
  }

  static func parent(of path: String) -> String {
    let trimmed = trimmed(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  static func trimmed(_ path: String) -> String {
    var result = path
    while result.count > 1 && result.hasSuffix("/") { result.removeLast() }
    return result
  }
}

enum DirectoryFlush {
  /// Makes renames inside `path` durable.
  static func flush(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw IOFailure.system("open", path) }
    defer { close(descriptor) }
    // Some file systems cannot flush a directory and say so; that is not a loss.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw IOFailure.system("flush", path)
    }
  }
}
