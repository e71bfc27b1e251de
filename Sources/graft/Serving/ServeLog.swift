import Foundation
import Logging
import SafeIO

/// The log of a server: one line an event, with what belongs to it, on stderr.
struct ServeLog: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]
  private let asJSON: Bool

  /// A logger that shows `level` and above.
  static func logger(level: Logger.Level, asJSON: Bool) -> Logger {
    var logger = Logger(label: "graft.server") { _ in ServeLog(asJSON: asJSON) }
    logger.logLevel = level
    return logger
  }

  private init(asJSON: Bool) { self.asJSON = asJSON }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let facts = metadata.merging(event.metadata ?? [:]) { _, new in new }
      .sorted { $0.key < $1.key }
    let time = Date().formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true))
    guard asJSON else {
      let pairs = facts.map { " \($0.key)=\("\($0.value)".escapedForMessage())" }.joined()
      StandardError.line("\(time) \(event.level.rawValue) \(event.message)\(pairs)")
      return
    }
    var json = JSONObject()
    json["time"] = JSON(time)
    json["level"] = JSON(event.level.rawValue)
    json["message"] = JSON("\(event.message)")
    for (key, value) in facts { json[key] = JSON("\(value)") }
    StandardError.line(JSON(json).serialized())
  }
}
