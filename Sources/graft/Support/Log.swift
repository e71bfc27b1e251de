package import Logging
import Synchronization

/// What a command says beside its result: lines on stderr, from the chosen level on.
///
/// Progress, the dialogue of `graft chat` and errors are no log and do not come through here.
package enum Log {
  private static let logger = Mutex(Logger(label: "graft") { _ in StandardErrorLog() })

  /// Says nothing below `level` from now on.
  package static func configure(_ level: Logger.Level) {
    logger.withLock { $0.logLevel = level }
  }

  /// Whether messages of `level` are written.
  package static func isEnabled(_ level: Logger.Level) -> Bool {
    logger.withLock { $0.logLevel } <= level
  }

  package static func trace(_ message: @autoclosure () -> String) { write(.trace, message) }
  package static func debug(_ message: @autoclosure () -> String) { write(.debug, message) }
  package static func info(_ message: @autoclosure () -> String) { write(.info, message) }
  package static func warning(_ message: @autoclosure () -> String) { write(.warning, message) }

  private static func write(_ level: Logger.Level, _ message: () -> String) {
    // A copy: the message may itself take long, or log.
    let logger = logger.withLock { $0 }
    logger.log(level: level, "\(message())")
  }
}

/// Writes each message as one line, behind its level; notes stand as they are.
private struct StandardErrorLog: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let label = event.level == .info ? "" : "\(event.level.rawValue): "
    StandardError.line("\(label)\(event.message)")
  }
}
