import ArgumentParser
import SafeIO
import Yams

/// A YAML file whose keys are a command's flags without the dashes, or what other tools call them.
///
/// Its settings take the place of flags before those that were typed, so that typed ones win.
package enum ConfigurationFile {
  /// One key of a file, and what it comes to.
  package struct Setting: Sendable {
    /// The key of ours that is set.
    package var key: String
    /// The key as it is written, where that is another name.
    package var alias: String?
    /// `run.yaml:3:1`.
    package var place: String
    /// The flags that it stands for; none where it says what holds anyway.
    package var flags: [String]
  }

  /// The largest file that is read, bytes.
  private static let maxBytes = 1 << 20

  /// Puts the settings of the file that `train --config FILE` names before the typed flags.
  package static func expanding(_ arguments: [String]) throws -> [String] {
    let settings = try settings(of: arguments)
    guard !settings.isEmpty else { return arguments }
    let typed = typedKeys(arguments)
    // What is repeated takes the place of the file's; it would add to it otherwise.
    let kept = settings.filter {
      !(ConfigurationKey.named($0.key)?.isRepeating == true && typed.contains($0.key))
    }
    return ["train"] + kept.flatMap(\.flags) + arguments.dropFirst()
  }

  /// The settings of the file that a command line names; none where it names no file.
  package static func settings(of arguments: [String]) throws -> [Setting] {
    guard arguments.first == "train", let path = value(of: "--config", in: arguments) else {
      return []
    }
    return try settings(path: path)
  }

  /// The keys whose flags were typed.
  package static func typedKeys(_ arguments: [String]) -> Set<String> {
    Set(
      arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
        .map { String($0.dropFirst(2).prefix { $0 != "=" }) })
  }

  /// The place of the key whose value the argument parser refused, when a file set it.
  package static func locating(_ message: String, in arguments: [String]) -> ConfigurationError? {
    guard let settings = try? settings(of: arguments) else { return nil }
    let typed = typedKeys(arguments)
    let named = settings.filter { setting in
      !typed.contains(setting.key) && !setting.flags.isEmpty
        && message.split(whereSeparator: { " '=.:,".contains($0) }).contains("--\(setting.key)")
    }
    guard let setting = named.last else { return nil }
    return .refused(place: setting.place, key: setting.alias ?? setting.key, reason: message)
  }

  /// The last value of a flag, written `--flag value` or `--flag=value`.
  private static func value(of flag: String, in arguments: [String]) -> String? {
    var result: String?
    for (index, argument) in arguments.enumerated() {
      if argument == flag, index + 1 < arguments.count { result = arguments[index + 1] }
      if argument.hasPrefix("\(flag)=") { result = String(argument.dropFirst(flag.count + 1)) }
    }
    return result
  }

  /// What a file sets, in its order.
  package static func settings(path: String) throws -> [Setting] {
    let bytes = try InputFile.contents(of: path, maxBytes: maxBytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError.notYAML(path: path, reason: "not UTF-8")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw ConfigurationError.notYAML(path: path, reason: "\(error)".escapedForMessage())
    }
    guard let mapping = root?.mapping else { throw ConfigurationError.notMapping(path: path) }
    var reader = ConfigurationReader(path: path)
    for (name, node) in mapping { try reader.read(name, node) }
    return try reader.finished()
  }
}
