import ArgumentParser
import SafeIO

/// A key of the configuration file: a flag of `graft train` without its dashes.
///
/// The list is made of what the command declares, so that a new flag is a key from its first day.
package struct ConfigurationKey: Sendable {
  /// The name, as it follows the two dashes.
  package let name: String
  /// Whether it is true or false and takes no value.
  package let isSwitch: Bool
  /// Whether it may be given several times: its value in the file is then a list as well.
  package let isRepeating: Bool
  /// What holds where it is not given, as `--help` says it.
  package let defaultText: String?
  /// What `--help` says of it.
  package let help: String
  /// The values that it takes, where they are few.
  package let choices: [String]

  /// Flags that say how one call is made, not what is trained; in a file they would surprise.
  private static let ofOneCall: Set = [
    "config", "help", "version", "json", "quiet", "log-level", "restart", "accept-change",
    "profile", "dry-run",
  ]

  /// Keys whose value is a list in one flag, with commas.
  private static let listed: Set = ["lora-targets", "train-tokens"]

  /// Every key, in the order of `graft train --help`.
  package static let all: [ConfigurationKey] = {
    let dump = (try? JSON(parsing: Train._dumpHelp()))?["command"]?["arguments"]?.array ?? []
    return dump.compactMap(ConfigurationKey.init(argument:)).filter { !ofOneCall.contains($0.name) }
  }()

  private static let byName = Dictionary(
    all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// The key of a name.
  package static func named(_ name: String) -> ConfigurationKey? { byName[name] }

  /// Whether `name` is a flag that a file cannot have.
  package static func isOfOneCall(_ name: String) -> Bool { ofOneCall.contains(name) }

  /// What a person may write: the keys, and those that are switches the other way round.
  package static var spellings: [String] { all.map(\.name) + all.compactMap(\.opposite) }

  /// `shuffle` for `no-shuffle`.
  package var opposite: String? {
    isSwitch && name.hasPrefix("no-") ? String(name.dropFirst(3)) : nil
  }

  /// Whether its value may be written as a list that becomes one flag.
  package var isListed: Bool { Self.listed.contains(name) }

  private init?(argument: JSON) {
    guard let kind = argument["kind"]?.string, kind != "positional",
      let name = argument["preferredName"]?["name"]?.string,
      argument["preferredName"]?["kind"]?.string == "long"
    else { return nil }
    self.name = name
    isSwitch = kind == "flag"
    isRepeating = argument["isRepeating"]?.bool ?? false
    defaultText = argument["defaultValue"]?.string
    help = argument["abstract"]?.string ?? ""
    choices = (argument["allValues"]?.array ?? []).compactMap(\.string)
  }
}
