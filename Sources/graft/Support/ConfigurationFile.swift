import ArgumentParser
package import SafeIO
import Yams

/// A YAML file whose keys are a command's flags without the dashes.
///
/// Its settings take the place of flags before those that were typed, so that typed ones win.
package enum ConfigurationFile {
  /// Why a file is refused.
  package enum Failure: UserFacingError, Equatable {
    case notYAML(path: String, reason: String)
    case notMapping(path: String)
    case unknownKey(place: String, key: String, nearest: String?)
    case duplicateKey(place: String, key: String)
    case value(place: String, key: String, expected: String)

    package var failureClass: FailureClass { .usage }

    package var code: String {
      switch self {
      case .notYAML, .notMapping: "CFG.FILE"
      case .unknownKey: "CFG.UNKNOWN"
      case .duplicateKey: "CFG.CONFLICT"
      case .value: "CFG.VALUE"
      }
    }

    package var description: String {
      switch self {
      case .notYAML(let path, let reason): "\(path): not YAML: \(reason)"
      case .notMapping(let path): "\(path): expected one mapping of keys to values"
      case .unknownKey(let place, let key, _): "\(place): unknown key '\(key.escapedForMessage())'"
      case .duplicateKey(let place, let key): "\(place): '\(key.escapedForMessage())' is set twice"
      case .value(let place, let key, let expected):
        "\(place): '\(key.escapedForMessage())' expects \(expected)"
      }
    }

    package var hint: String? {
      switch self {
      case .unknownKey(_, _, let nearest?): "Did you mean '\(nearest)'?"
      case .unknownKey: "The keys are the flags of 'graft train --help', without dashes."
      default: "Write one 'key: value' a line, such as 'learning-rate: 1e-3'."
      }
    }
  }

  /// The largest file that is read, bytes.
  private static let maxBytes = 1 << 20

  /// Puts the settings of the file that `train --config FILE` names before the typed flags.
  package static func expanding(_ arguments: [String]) throws -> [String] {
    guard arguments.first == "train", let path = value(of: "--config", in: arguments) else {
      return arguments
    }
    // Sources that are typed take the place of the file's; they would add to them otherwise.
    let namesData = value(of: "--data", in: arguments) != nil
    let settings = try settings(path: path).filter { !namesData || !$0.hasPrefix("--data=") }
    return ["train"] + settings + arguments.dropFirst()
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

  /// The names of the settings of a file, as `run.json` reports their origin.
  package static func keys(path: String) throws -> Set<String> {
    Set(try entries(path: path).map(\.key))
  }

  /// A file's settings as flags.
  package static func settings(path: String) throws -> [String] {
    try entries(path: path).flatMap { key, node, place in
      try flags(key, node, place)
    }
  }

  private static func entries(path: String) throws -> [(key: String, node: Node, place: String)] {
    let bytes = try InputFile.contents(of: path, maxBytes: maxBytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure.notYAML(path: path, reason: "not UTF-8")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw Failure.notYAML(path: path, reason: "\(error)".escapedForMessage())
    }
    guard let mapping = root?.mapping else { throw Failure.notMapping(path: path) }
    var seen: Set<String> = []
    return try mapping.map { name, node in
      let place = name.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
      guard let text = name.string else { throw Failure.notMapping(path: place) }
      let key = text.replacing("_", with: "-")
      guard seen.insert(key).inserted else { throw Failure.duplicateKey(place: place, key: text) }
      guard TrainSettings.keys.contains(key) || TrainSettings.switches.contains(key) else {
        let nearest = NearestName.of(key, among: TrainSettings.keys + TrainSettings.switches)
        throw Failure.unknownKey(place: place, key: text, nearest: nearest)
      }
      return (key, node, place)
    }
  }

  private static func flags(_ key: String, _ node: Node, _ place: String) throws -> [String] {
    if TrainSettings.switches.contains(key) {
      guard let isOn = node.bool else {
        throw Failure.value(place: place, key: key, expected: "true or false")
      }
      if key == "shuffle" { return isOn ? [] : ["--no-shuffle"] }
      return isOn ? ["--\(key)"] : []
    }
    if let items = node.sequence {
      let texts = items.compactMap(\.scalar?.string)
      guard texts.count == items.count, !texts.isEmpty, ["lora-targets", "data"].contains(key)
      else {
        throw Failure.value(place: place, key: key, expected: "a single value")
      }
      if key == "data" { return texts.map { "--data=\($0)" } }
      return ["--\(key)=\(texts.joined(separator: ","))"]
    }
    guard let text = node.scalar?.string else {
      throw Failure.value(place: place, key: key, expected: "a single value")
    }
    if node.null != nil, key == "clip" { return ["--clip=none"] }
    return ["--\(key)=\(text)"]
  }
}
