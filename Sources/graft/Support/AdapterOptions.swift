public import Adapters
public import ArgumentParser
import Foundation
import SafeIO
import Tokenization

/// The flags of the adapter that a run trains.
struct AdapterOptions: ParsableArguments {
  @Option(help: "Rank of the adapter; 4 to 64 is usual. (default: 16)")
  var loraRank: Int?

  @Option(
    help:
      "The update is scaled by alpha / rank, or alpha / √rank with --use-rslora. (default: 2 × rank)"
  )
  var loraAlpha: Double?

  @Option(help: "Probability with which an input of the update is dropped. (default: 0)")
  var loraDropout: Double?

  @Option(
    help: """
      Projections to adapt, such as q_proj,v_proj, or one regular expression for whole paths. \
      (default: all-linear)
      """)
  var loraTargets: String?

  @Option(help: "Adapt the last layers only, this many. (default: all)")
  var loraLayers: Int?

  @Option(
    help: ArgumentHelp(
      "Another rank for modules that a regular expression names by the end of their path: q_proj=8.",
      valueName: "pattern=rank"))
  var rankPattern: [String] = []

  @Option(
    help: ArgumentHelp("Another alpha for modules, as --rank-pattern.", valueName: "pattern=alpha"))
  var alphaPattern: [String] = []

  @Flag(help: "Scale the update by alpha / √rank (rsLoRA), which suits large ranks.")
  var useRslora = false

  @Flag(help: "Also learn the norm of every row of the adapted weights (DoRA).")
  var useDora = false

  @Option(
    help: """
      How the factors begin: kaiming, gaussian, or pissa (the largest singular values of the base; the \
      saved adapter has twice the rank and fits the base as it is).
      """)
  var initLoraWeights = LoRAConfiguration.Initialization.kaiming

  @Option(help: "LoRA+: how many times A's learning rate B has; 4 to 16 is usual. (default: 1)")
  var loraPlusRatio: Double?

  @Option(
    help:
      "NEFTune: strength of uniform noise on embeddings in training; 5 is usual. (default: none)")
  var neftuneAlpha: Double?

  @Option(
    help: """
      Tokens, with commas, whose rows of the embedding are trained too, and with them those of the \
      output layer: new special tokens. (default: none)
      """)
  var trainTokens: String?

  @Option(
    help: "Start from this PEFT directory instead of a new adapter.", completion: .directory)
  var initAdapter: String?

  @Flag(help: "Use --init-adapter also where graft.json says that it has another base.")
  var forceBase = false

  func validate() throws {
    try FlagRule.check("lora-rank", loraRank, "from 1 to 4096", (1...4096).contains)
    try FlagRule.check("lora-alpha", loraAlpha, "above 0, at most 1000000") { $0 > 0 && $0 <= 1e6 }
    try FlagRule.check("lora-dropout", loraDropout, "from 0, below 1") { $0 >= 0 && $0 < 1 }
    try FlagRule.check("lora-layers", loraLayers, "at least 1") { $0 >= 1 }
    try FlagRule.check("lora-plus-ratio", loraPlusRatio, "above 0, at most 1000") {
      $0 > 0 && $0 <= 1000
    }
    try FlagRule.check("neftune-alpha", neftuneAlpha, "above 0, at most 1000") {
      $0 > 0 && $0 <= 1000
    }
    _ = try ranks()
    _ = try alphas()
    if useDora, initLoraWeights == .pissa {
      throw ValidationError("--use-dora does not go with --init-lora-weights pissa.")
    }
    if forceBase, initAdapter == nil { throw ValidationError("--force-base needs --init-adapter.") }
    guard initAdapter != nil, let (flag, _) = shape.first(where: \.1) else { return }
    throw ValidationError("\(flag) comes from the adapter that --init-adapter names.")
  }

  /// The flags that say what an adapter looks like, and whether they were given.
  private var shape: [(String, Bool)] {
    [
      ("--lora-rank", loraRank != nil), ("--lora-alpha", loraAlpha != nil),
      ("--lora-dropout", loraDropout != nil), ("--lora-targets", loraTargets != nil),
      ("--lora-layers", loraLayers != nil), ("--rank-pattern", !rankPattern.isEmpty),
      ("--alpha-pattern", !alphaPattern.isEmpty), ("--use-rslora", useRslora),
      ("--use-dora", useDora), ("--init-lora-weights", initLoraWeights != .kaiming),
      ("--train-tokens", trainTokens != nil),
    ]
  }

  /// The first flag that was given and is of use with an adapter only.
  var firstGiven: String? {
    let training = [
      ("--init-adapter", initAdapter != nil), ("--lora-plus-ratio", loraPlusRatio != nil),
    ]
    return (training + shape).first(where: \.1)?.0
  }

  private func ranks() throws -> [ModuleSetting<Int>] {
    try Self.settings("rank-pattern", rankPattern, "a rank from 1 to 4096") { text in
      Int(text).flatMap { (1...4096).contains($0) ? $0 : nil }
    }
  }

  private func alphas() throws -> [ModuleSetting<Double>] {
    try Self.settings("alpha-pattern", alphaPattern, "a number above 0, at most 1000000") { text in
      Double(text).flatMap { $0 > 0 && $0 <= 1e6 ? $0 : nil }
    }
  }

  private static func settings<Value>(
    _ flag: String, _ entries: [String], _ rule: String, _ convert: (String) -> Value?
  ) throws -> [ModuleSetting<Value>] {
    try entries.map { entry in
      // The expression may have an equals sign in it; the value has none.
      guard let equals = entry.lastIndex(of: "="), equals > entry.startIndex,
        let value = convert(String(entry[entry.index(after: equals)...]))
      else {
        throw ValidationError("--\(flag) must be a pattern, '=' and \(rule), got \(entry).")
      }
      return ModuleSetting(String(entry[..<equals]), value)
    }
  }

  /// The adapter that a run begins with, unless it continues one.
  ///
  /// - Throws: `ValidationError` for a token that the tokenizer does not have.
  func configuration(_ tokenizer: Tokenizer?) throws -> LoRAConfiguration {
    let rank = loraRank ?? 16
    var result = LoRAConfiguration(
      rank: rank, alpha: loraAlpha ?? Double(2 * rank), dropout: loraDropout ?? 0,
      targets: Self.targets(loraTargets ?? "all-linear"))
    result.usesRSLoRA = useRslora
    result.usesDoRA = useDora
    result.rankPattern = try ranks()
    result.alphaPattern = try alphas()
    result.lastLayers = loraLayers
    result.initialization = initLoraWeights
    result.trainedTokens = try tokens(tokenizer)
    return result
  }

  /// Names with commas between them; what is no list of names is one expression, commas and all.
  private static func targets(_ text: String) -> [String] {
    let names = text.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let areNames = names.allSatisfy { name in
      !name.isEmpty
        && name.unicodeScalars.allSatisfy {
          $0.isASCII
            && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
              || "_-.".unicodeScalars.contains($0))
        }
    }
    return areNames ? names : [text]
  }

  private func tokens(_ tokenizer: Tokenizer?) throws -> [Int] {
    guard let trainTokens else { return [] }
    guard let tokenizer else {
      throw ValidationError("--train-tokens needs a model with a tokenizer.")
    }
    return try trainTokens.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let text = part.trimmingCharacters(in: .whitespaces)
      guard let id = tokenizer.id(of: text) else {
        throw ValidationError(
          "--train-tokens: the tokenizer has no token '\(text.escapedForMessage())'.")
      }
      return id
    }
  }

  /// What run.json says of the adapter: of the one that is trained, wherever it comes from.
  func json(_ adapter: LoRAAdapter?) -> JSONObject {
    var object = JSONObject()
    guard let adapter else { return object }
    let c = adapter.configuration
    object["lora-rank"] = JSON(c.rank)
    object["lora-alpha"] = JSON(c.alpha)
    object["lora-dropout"] = JSON(c.dropout)
    object["lora-targets"] = JSON(c.targets)
    object["lora-layers"] = c.lastLayers.map { JSON($0) } ?? .null
    object["rank-pattern"] = JSON(c.rankPattern.map { "\($0.pattern)=\($0.value)" })
    object["alpha-pattern"] = JSON(c.alphaPattern.map { "\($0.pattern)=\($0.value)" })
    object["use-rslora"] = JSON(c.usesRSLoRA)
    object["use-dora"] = JSON(c.usesDoRA)
    object["init-lora-weights"] = JSON(c.initialization.rawValue)
    object["lora-plus-ratio"] = loraPlusRatio.map { JSON($0) } ?? .null
    object["train-tokens"] = JSON(c.trainedTokens)
    return object
  }
}

extension LoRAConfiguration.Initialization: ExpressibleByArgument {
  /// A name; `true` is PEFT's for its default.
  public init?(argument: String) {
    self.init(rawValue: argument == "true" ? "kaiming" : argument)
  }
}
