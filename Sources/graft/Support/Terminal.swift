import Foundation

/// What is known about the terminal behind stderr.
package enum Terminal {
  /// Whether a person watches stderr on a terminal that can redraw a line.
  package static let redraws =
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// Columns of the terminal; 80 when there is none.
  package static var width: Int { size.map { Int($0.ws_col) } ?? 80 }

  /// Rows of the terminal; 24 when there is none.
  package static var height: Int {
    size.flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } ?? 24
  }

  private static var size: winsize? {
    var size = winsize()
    for descriptor in [STDERR_FILENO, STDOUT_FILENO]
    where ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 {
      return size
    }
    return nil
  }
}
