import Foundation

/// Why a file or directory could not be read or written.
public struct IOFailure: UserFacingError, Equatable {
  package enum Reason: Sendable, Equatable {
    case notFound
    case notRegular(found: String)
    case notDirectory
    case tooLarge(bytes: Int, limit: Int)
    case changed(expectedBytes: Int, foundBytes: Int)
    case outOfRange(offset: Int, count: Int, size: Int)
    case lineTooLong(line: Int, limit: Int)
    case wouldLose(entry: String)
    case system(operation: String, number: Int32)
  }

  /// The file or directory.
  public var path: String
  package var reason: Reason
  /// The class of the failure.
  public var failureClass: FailureClass

  package init(_ path: String, _ reason: Reason, failureClass: FailureClass = .io) {
    self.path = path
    self.reason = reason
    self.failureClass = failureClass
  }

  /// The failure of the system call that has just set `errno`.
  package static func system(_ operation: String, _ path: String) -> IOFailure {
    let number = errno
    return IOFailure(
      path, number == ENOENT ? .notFound : .system(operation: operation, number: number),
      failureClass: number == ENOSPC || number == EDQUOT ? .resources : .io)
  }

  /// The stable short name.
  public var code: String {
    switch reason {
    case .notFound: "IO.NOTFOUND"
    case .notRegular: "IO.NOTREGULAR"
    case .notDirectory: "IO.NOTDIRECTORY"
    case .tooLarge: "IO.SIZE"
    case .changed: "IO.CHANGED"
    case .outOfRange: "IO.RANGE"
    case .lineTooLong: "IO.LINE"
    case .wouldLose: "IO.EXISTS"
    case .system(_, let number): number == ENOSPC ? "IO.FULL" : "IO.SYSTEM"
    }
  }

  /// What happened, with the values.
  public var description: String {
    let name = path.escapedForMessage(limit: 1000)
    return switch reason {
    case .notFound: "\(name): no such file or directory"
    case .notRegular(let found): "\(name): expected a regular file, found \(found)"
    case .notDirectory: "\(name): expected a directory"
    case .tooLarge(let bytes, let limit): "\(name): \(bytes) bytes, at most \(limit) are read"
    case .changed(let expected, let found):
      "\(name): changed while it was read, \(expected) bytes before, \(found) now"
    case .outOfRange(let offset, let count, let size):
      "\(name): \(count) bytes at \(offset) are asked for, the file has \(size)"
    case .lineTooLong(let line, let limit): "\(name):\(line): line longer than \(limit) bytes"
    case .wouldLose(let entry):
      "\(name): exists and holds '\(entry.escapedForMessage())', which would be lost"
    case .system(let operation, let number):
      "\(name): cannot \(operation): \(String(cString: strerror(number)))"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch reason {
    case .notFound: "Check the path."
    case .notRegular, .notDirectory: "Give the path of what is expected there."
    case .wouldLose: "Choose another path, or move that entry away."
    case .changed: "Let no other program write the file while it is read."
    case .system(_, ENOSPC): "Free some disk space; nothing was changed."
    default: nil
    }
  }
}
