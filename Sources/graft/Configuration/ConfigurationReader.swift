import SafeIO
import Yams

/// Turns the entries of a YAML mapping into settings, and refuses what would not be read.
struct ConfigurationReader {
  let path: String
  private var settings: [ConfigurationFile.Setting] = []
  private var spelled: Set<String> = []

  init(path: String) { self.path = path }

  /// Takes one entry.
  mutating func read(_ name: Node, _ node: Node) throws {
    let place = name.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
    guard let text = name.string else { throw ConfigurationError.notMapping(path: place) }
    let key = text.replacing("_", with: "-")
    guard spelled.insert(key).inserted else {
      throw ConfigurationError.duplicateKey(place: place, key: text)
    }
    if let known = ConfigurationKey.named(key) {
      return try set(known, nil, place, flags: flags(known, node, text, place))
    }
    if let known = ConfigurationKey.all.first(where: { $0.opposite == key }) {
      guard let isOn = node.bool else {
        throw ConfigurationError.value(place: place, key: text, expected: "true or false")
      }
      return try set(known, text, place, flags: isOn ? [] : ["--\(known.name)"])
    }
    if key == "lora-parameters", let mapping = node.mapping {
      return try readLoRAParameters(mapping, place)
    }
    if let alias = ConfigurationAlias.named(key) { return try read(alias, node, text, place) }
    if ConfigurationKey.isOfOneCall(key) {
      throw ConfigurationError.notForFiles(place: place, key: text)
    }
    let nearest = NearestName.of(
      key, among: ConfigurationKey.spellings + ConfigurationAlias.all.map(\.name))
    throw ConfigurationError.unknownKey(place: place, key: text, nearest: nearest)
  }

  /// The settings, once all entries were taken.
  func finished() throws -> [ConfigurationFile.Setting] {
    // mlx-lm's iterations are micro-batches, our steps are optimizer steps.
    if let iterations = settings.first(where: { $0.alias == "iters" }),
      let accumulate = settings.first(where: { $0.key == "accumulate" }),
      accumulate.flags != ["--accumulate=1"]
    {
      throw ConfigurationError.conflict(
        place: iterations.place, key: "iters", other: accumulate.alias ?? accumulate.key,
        otherPlace: accumulate.place,
        meaning: "the number of steps: iters counts micro-batches, steps counts optimizer steps")
    }
    return settings
  }

  private mutating func set(
    _ key: ConfigurationKey, _ alias: String?, _ place: String, flags: [String]
  ) throws {
    if let other = settings.first(where: { $0.key == key.name }) {
      throw ConfigurationError.conflict(
        place: place, key: alias ?? key.name, other: other.alias ?? other.key,
        otherPlace: other.place, meaning: key.name)
    }
    settings.append(.init(key: key.name, alias: alias, place: place, flags: flags))
  }

  private mutating func read(
    _ alias: ConfigurationAlias, _ node: Node, _ text: String, _ place: String
  ) throws {
    let key = alias.key.flatMap(ConfigurationKey.named)
    if let key, alias.translate == nil {
      return try set(key, text, place, flags: flags(key, node, text, place))
    }
    let refused = ConfigurationError.value(place: place, key: text, expected: alias.expected)
    guard let scalar = node.scalar?.string else { throw refused }
    let value = node.null == nil ? node.bool.map { "\($0)" } ?? scalar : "null"
    guard let meant = alias.translate?(value) else { throw refused }
    guard let key else { return }
    switch meant {
    case .nothing: try set(key, text, place, flags: [])
    case .value(let value): try set(key, text, place, flags: ["--\(key.name)=\(value)"])
    case .on: try set(key, text, place, flags: ["--\(key.name)"])
    }
  }

  /// mlx-lm's `lora_parameters`: its scale is what we call alpha over rank.
  private mutating func readLoRAParameters(_ mapping: Node.Mapping, _ place: String) throws {
    var rank: Double?
    var scale: (value: Double, place: String)?
    for (name, node) in mapping {
      let here = name.mark.map { "\(path):\($0.line):\($0.column)" } ?? place
      let text = "lora_parameters.\(name.string ?? "")"
      func set(_ key: String, _ flags: [String]) throws {
        guard let key = ConfigurationKey.named(key) else { return }
        try self.set(key, text, here, flags: flags)
      }
      switch name.string {
      case "rank":
        rank = node.float
        try set("lora-rank", ["--lora-rank=\(node.scalar?.string ?? "")"])
      case "dropout": try set("lora-dropout", ["--lora-dropout=\(node.scalar?.string ?? "")"])
      case "alpha": try set("lora-alpha", ["--lora-alpha=\(node.scalar?.string ?? "")"])
      case "scale":
        guard let value = node.float else {
          throw ConfigurationError.value(place: here, key: text, expected: "a number")
        }
        scale = (value, here)
      case "keys":
        let names = (node.sequence ?? []).compactMap(\.string)
        guard !names.isEmpty, names.count == node.sequence?.count else {
          throw ConfigurationError.value(place: here, key: text, expected: "a list of names")
        }
        let last = names.map { String($0.split(separator: ".").last ?? "") }
        try set("lora-targets", ["--lora-targets=\(last.joined(separator: ","))"])
      default:
        let known = ["rank", "scale", "dropout", "keys", "alpha"]
        throw ConfigurationError.unknownKey(
          place: here, key: text, nearest: NearestName.of(name.string ?? "", among: known))
      }
    }
    guard let scale else { return }
    guard let rank, let key = ConfigurationKey.named("lora-alpha") else {
      throw ConfigurationError.value(
        place: scale.place, key: "lora_parameters.scale",
        expected: "a rank beside it: alpha is scale × rank")
    }
    try set(
      key, "lora_parameters.scale", scale.place, flags: ["--lora-alpha=\(scale.value * rank)"])
  }

  private func flags(
    _ key: ConfigurationKey, _ node: Node, _ text: String, _ place: String
  ) throws -> [String] {
    func refused(_ expected: String) -> ConfigurationError {
      .value(place: place, key: text, expected: expected)
    }
    if key.isSwitch {
      guard let isOn = node.bool else { throw refused("true or false") }
      return isOn ? ["--\(key.name)"] : []
    }
    if let items = node.sequence {
      let texts = items.compactMap(\.scalar?.string)
      guard key.isRepeating || key.isListed else { throw refused("a single value") }
      guard texts.count == items.count, !texts.isEmpty else { throw refused("a list of values") }
      if key.isRepeating { return texts.map { "--\(key.name)=\($0)" } }
      return ["--\(key.name)=\(texts.joined(separator: ","))"]
    }
    if let members = node.mapping {
      let pairs = members.compactMap { name, value in
        name.string.flatMap { name in value.scalar.map { "\(name)=\($0.string)" } }
      }
      guard key.isRepeating else { throw refused("a single value") }
      guard pairs.count == members.count, !pairs.isEmpty else {
        throw refused("names with a value each")
      }
      return pairs.map { "--\(key.name)=\($0)" }
    }
    guard let value = node.scalar?.string else { throw refused("a single value") }
    if node.null != nil {
      // An empty value is the default; for a limit it is that there is none.
      return key.name == "clip" ? ["--clip=none"] : []
    }
    return ["--\(key.name)=\(value)"]
  }
}
