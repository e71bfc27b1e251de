import HTTPTypes
import SafeIO

/// Strings that end an answer, in the forms of the API: one string or several.
enum Stop {
  static func read(_ fields: inout Fields, _ limits: ServerLimits) throws(APIError) -> [String] {
    guard let value = fields.value("stop") else { return [] }
    let name = fields.name("stop")
    let texts: [JSON]
    if value.string != nil {
      texts = [value]
    } else if let list = value.array {
      texts = list
    } else {
      throw .type(name, expected: "a string or an array of strings", found: value)
    }
    guard texts.count <= limits.stops else {
      throw .value(name, "has \(texts.count) strings, at most \(limits.stops) are accepted")
    }
    var stops: [String] = []
    for (index, text) in texts.enumerated() {
      guard let text = text.string else {
        throw .type("\(name)[\(index)]", expected: "a string", found: text)
      }
      guard (1...limits.stopLength).contains(text.unicodeScalars.count) else {
        throw .value("\(name)[\(index)]", "must have 1 to \(limits.stopLength) characters")
      }
      stops.append(text)
    }
    return stops
  }
}
