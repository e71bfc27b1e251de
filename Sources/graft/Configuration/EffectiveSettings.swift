import SafeIO

/// The value of every key that a run has, and where each came from.
struct EffectiveSettings {
  /// What the run does, by key; what is missing is as it was given, or as `--help` says.
  let values: JSONObject
  let arguments: [String]

  /// `{"key": {"value", "origin"}}` of every key: `flag`, `run.yaml:3:1`, `run.yaml:3:1 (lr)`, `derived`
  /// or `default`.
  var json: JSONObject {
    get throws {
      let file = Dictionary(
        try ConfigurationFile.settings(of: arguments).map { ($0.key, $0) },
        uniquingKeysWith: { first, _ in first })
      let typed = ConfigurationFile.typedKeys(arguments)
      var result = JSONObject()
      for key in ConfigurationKey.all {
        let origin: String
        if typed.contains(key.name) {
          origin = "flag"
        } else if let setting = file[key.name] {
          origin = setting.place + (setting.alias.map { " (\($0))" } ?? "")
        } else {
          origin = isDerived(key) ? "derived" : "default"
        }
        result[key.name] = ["value": value(key, file[key.name], typed), "origin": JSON(origin)]
      }
      return result
    }
  }

  /// Whether a value that nobody gave is none that `--help` could say.
  private func isDerived(_ key: ConfigurationKey) -> Bool {
    guard let value = values[key.name], !value.isNull, !key.isSwitch else { return false }
    return key.defaultText == nil && !Self.fixed.contains(key.name)
  }

  /// Keys with a fixed default that `--help` says in words.
  private static let fixed: Set = ["seed", "split-seed", "lora-dropout", "lora-targets"]

  private func value(
    _ key: ConfigurationKey, _ setting: ConfigurationFile.Setting?, _ typed: Set<String>
  ) -> JSON {
    if let value = values[key.name] { return value }
    if let opposite = key.opposite, let value = values[opposite]?.bool { return JSON(!value) }
    let prefix = "--\(key.name)"
    let given =
      typed.contains(key.name)
      ? arguments.enumerated().compactMap { index, argument -> String? in
        if argument.hasPrefix(prefix + "=") { return String(argument.dropFirst(prefix.count + 1)) }
        guard argument == prefix else { return nil }
        return key.isSwitch || index + 1 >= arguments.count ? "true" : arguments[index + 1]
      }
      : (setting?.flags ?? []).map {
        $0 == prefix ? "true" : String($0.dropFirst(prefix.count + 1))
      }
    if key.isSwitch { return JSON(!given.isEmpty) }
    if key.isRepeating { return JSON(given) }
    return (given.last ?? key.defaultText).map { JSON($0) } ?? .null
  }
}
