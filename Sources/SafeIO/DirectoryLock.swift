import Foundation

/// A lock on a directory that ends with the process, however that ends.
///
/// `flock` on a file inside, which stays there: a process that is killed leaves no lock behind, only a
/// number in a file that nobody believes without the lock.
package final class DirectoryLock {
  /// The file that is locked, and holds the number of the process.
  package static let fileName = ".lock"
  private let descriptor: Int32

  /// Takes the lock of the directory `path`, which exists.
  ///
  /// - Returns: nil when another process has it.
  /// - Throws: `IOFailure`.
  package init?(path: String) throws {
    let file = "\(path)/\(Self.fileName)"
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw IOFailure.system("create", file) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let failure = errno == EWOULDBLOCK ? nil : IOFailure.system("lock", file)
      close(descriptor)
      if let failure { throw failure }
      return nil
    }
    self.descriptor = descriptor
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count
    else { throw IOFailure.system("write", file) }
  }

  deinit { close(descriptor) }

  /// The process that wrote its number into the lock file last.
  package static func holder(path: String) -> Int? {
    let bytes = try? InputFile.contents(of: "\(path)/\(fileName)", maxBytes: 64)
    return bytes.flatMap { String(validating: $0, as: UTF8.self) }
      .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}
