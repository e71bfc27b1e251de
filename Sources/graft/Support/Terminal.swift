import Foundation

/// What is known about the terminal behind stderr.
package enum Terminal {
  /// Whether a person watches stderr on a terminal that can redraw a line.
  package static let redraws =
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// Columns of the terminal; 80 when there is none.
  package static var width: Int {
    var size = winsize()
    for descriptor in [STDERR_FILENO, STDOUT_FILENO] {
      if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
        return Int(size.ws_col)
      }
    }
    return 80
  }
}
