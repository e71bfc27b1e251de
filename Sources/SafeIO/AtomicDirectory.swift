import Foundation

/// Directories that appear whole or not at all.
package enum AtomicDirectory {
  /// Lets `body` fill a temporary neighbour, and renames it to `path` at the end.
  ///
  /// A directory that is there already is replaced only if the new one has all of its entries:
  /// nothing that `body` did not write anew is ever lost. If anything fails, `path` is as it was.
  package static func write(to path: String, _ body: (_ temporary: String) throws -> Void) throws {
    let path = TemporaryName.trimmed(path)
    let temporary = TemporaryName.beside(path)
    guard mkdir(temporary, 0o777) == 0 else { throw IOFailure.system("create", path) }
    do {
      try body(temporary)
      try flushTree(temporary)
      try moveIntoPlace(temporary, path)
    } catch {
      removeTree(temporary)
      throw error
    }
    try DirectoryFlush.flush(TemporaryName.parent(of: path))
  }

  private static func moveIntoPlace(_ temporary: String, _ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      guard rename(temporary, path) == 0 else { throw IOFailure.system("rename", path) }
      return
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw IOFailure(path, .notDirectory) }
    let new = Set(try entries(of: temporary))
    if let lost = try entries(of: path).sorted().first(where: { !new.contains($0) }) {
      throw IOFailure(path, .wouldLose(entry: lost))
    }
    let old = TemporaryName.beside(path, suffix: "old")
    guard rename(path, old) == 0 else { throw IOFailure.system("move away", path) }
    guard rename(temporary, path) == 0 else {
      let failure = IOFailure.system("rename", path)
      _ = rename(old, path)
      throw failure
    }
    try DirectoryFlush.flush(TemporaryName.parent(of: path))
    removeTree(old)
  }

  private static func entries(of path: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw IOFailure.system("list", path)
    }
  }

  /// Flushes every file below `path`, then the directories that hold them.
  private static func flushTree(_ path: String) throws {
    for entry in try entries(of: path) {
      let child = "\(path)/\(entry)"
      var status = stat()
      guard lstat(child, &status) == 0 else { throw IOFailure.system("examine", child) }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: try flushTree(child)
      case S_IFREG:
        let descriptor = open(child, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw IOFailure.system("open", child) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw IOFailure.system("flush", child) }
      default: break
      }
    }
    try DirectoryFlush.flush(path)
  }

  private static func removeTree(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
  }
}
