package import SafeIO

/// Why a configuration file is refused.
package enum ConfigurationError: UserFacingError, Equatable {
  case notYAML(path: String, reason: String)
  case notMapping(path: String)
  case unknownKey(place: String, key: String, nearest: String?)
  /// A flag that is for one call, not for a file.
  case notForFiles(place: String, key: String)
  case duplicateKey(place: String, key: String)
  /// Two keys that mean the same.
  case conflict(place: String, key: String, other: String, otherPlace: String, meaning: String)
  case value(place: String, key: String, expected: String)
  /// What the flag that a key stands for says of its value.
  case refused(place: String, key: String, reason: String)

  package var failureClass: FailureClass { .usage }

  package var code: String {
    switch self {
    case .notYAML, .notMapping: "CFG.FILE"
    case .unknownKey, .notForFiles: "CFG.UNKNOWN"
    case .duplicateKey, .conflict: "CFG.CONFLICT"
    case .value, .refused: "CFG.VALUE"
    }
  }

  package var description: String {
    switch self {
    case .notYAML(let path, let reason): "\(path): not YAML: \(reason)"
    case .notMapping(let path): "\(path): expected one mapping of keys to values"
    case .unknownKey(let place, let key, _): "\(place): unknown key '\(key.escapedForMessage())'"
    case .notForFiles(let place, let key):
      "\(place): '\(key.escapedForMessage())' is for a single call, and no key"
    case .duplicateKey(let place, let key): "\(place): '\(key.escapedForMessage())' is set twice"
    case .conflict(let place, let key, let other, let otherPlace, let meaning):
      "\(place): '\(key.escapedForMessage())' and '\(other.escapedForMessage())' (\(otherPlace)) "
        + "both set \(meaning)"
    case .value(let place, let key, let expected):
      "\(place): '\(key.escapedForMessage())' expects \(expected)"
    case .refused(let place, let key, let reason):
      "\(place): '\(key.escapedForMessage())': \(reason.escapedForMessage(limit: 400))"
    }
  }

  package var hint: String? {
    switch self {
    case .unknownKey(_, _, let nearest?): "Did you mean '\(nearest)'?"
    case .unknownKey: "The keys are the flags of 'graft train --help', without dashes."
    case .notForFiles(_, let key): "Type --\(key.replacing("_", with: "-").escapedForMessage())."
    case .conflict: "Keep one of them."
    case .refused: "'graft train --help' says what each key takes."
    default: "Write one 'key: value' a line, such as 'learning-rate: 1e-3'."
    }
  }
}
