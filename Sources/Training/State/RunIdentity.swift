package import SafeIO

/// What decides the result of a run, by name: hashes of model and rows, settings, the arithmetic.
package enum RunIdentity {
  /// Raised when a change of the code changes the bits of a run.
  package static let arithmetic = 2

  /// What follows from other members, and is named only where it is all that differs.
  private static let derived = "planned-steps"

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
    return result.count > 1 ? result.filter { $0.name != derived } : result
  }

  /// The names that are accepted with `names`.
  static func accepting(_ names: [String]) -> Set<String> {
    names.isEmpty ? [] : Set(names + [derived])
  }

  private static func text(_ value: JSON?) -> String {
    guard let value, !value.isNull else { return "none" }
    let text = value.string ?? value.serialized()
    let isHash = text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
    return text.escapedForMessage(limit: isHash ? 12 : 100)
  }
}
