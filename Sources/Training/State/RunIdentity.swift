package import SafeIO

/// What decides the result of a run, by name: hashes of model and rows, settings, the arithmetic.
package enum RunIdentity {
  /// Raised when a change of the code changes the bits of a run.
  package static let arithmetic = 1

  /// What differs, in the order of `now`.
  package static func differences(before: JSONObject, now: JSONObject) -> [TrainingError.Change] {
    var result: [TrainingError.Change] = []
    let names = now.keys + before.keys.filter { now[$0] == nil }
    for name in names where before[name] ?? .null != now[name] ?? .null {
      if let old = before[name]?.object, let new = now[name]?.object {
        result += differences(before: old, now: new)
      } else {
        result.append(
          TrainingError.Change(name: name, before: text(before[name]), now: text(now[name])))
      }
    }
    return result
  }

  private static func text(_ value: JSON?) -> String {
    guard let value, !value.isNull else { return "none" }
    let text = value.string ?? value.serialized()
    return text.escapedForMessage(limit: 100)
  }
}
