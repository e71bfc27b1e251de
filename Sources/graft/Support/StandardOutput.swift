import Foundation
package import SafeIO
import Synchronization

/// Whether the reader of stdout went away.
private let readerIsGone = Atomic<Bool>(false)

/// Results: the only thing that a command writes to stdout.
package enum StandardOutput {
  /// True once a write met a closed pipe: nobody reads any more, so streaming may stop.
  package static var isClosed: Bool { readerIsGone.load(ordering: .relaxed) }

  /// Writes `text` now.
  ///
  /// A reader that went away is not an error; a full disk is.
  package static func write(_ text: String) throws(OutputFailure) {
    guard !isClosed else { return }
    guard let failure = writeAll(text, to: STDOUT_FILENO) else { return }
    guard failure == EPIPE else { throw .notWritten(reason: String(cString: strerror(failure))) }
    readerIsGone.store(true, ordering: .relaxed)
  }

  /// Writes `text` and a line end.
  package static func line(_ text: String) throws(OutputFailure) {
    try write(text + "\n")
  }
}

/// Progress, logs and errors.
///
/// Failures to write are ignored: there is nowhere left to tell.
package enum StandardError {
  /// Writes `text` at once.
  package static func write(_ text: String) {
    _ = writeAll(text, to: STDERR_FILENO)
  }

  /// Writes `text` and a line end.
  package static func line(_ text: String) {
    write(text + "\n")
  }
}

/// Why a result could not be written to stdout.
package enum OutputFailure: UserFacingError, Equatable {
  /// The system refused the bytes, for example because the disk is full.
  case notWritten(reason: String)

  package var failureClass: FailureClass { .io }
  package var code: String { "IO.STDOUT" }
  package var hint: String? { "Check the place that the output is redirected to." }
  package var description: String {
    switch self {
    case .notWritten(let reason): "stdout: cannot write the result (\(reason))"
    }
  }
}

/// Writes every byte.
///
/// - Returns: `errno` of the write that failed, or `nil`.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
  var text = text
  return text.withUTF8 { bytes in
    guard let start = bytes.baseAddress else { return nil }
    var done = 0
    while done < bytes.count {
      let written = Foundation.write(descriptor, start + done, bytes.count - done)
      if written > 0 {
        done += written
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}
