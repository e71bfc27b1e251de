import ArgumentParser
import Constraints
import Foundation
import Models
import SafeIO

/// What masks cost for each token, from an empty cache and from a warm one.
struct ConstraintsBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "constraints",
    abstract: "Milliseconds of masks for each token, and of compiling.",
    discussion: """
      A random writer writes under each constraint. "cold" compiles it anew each round, so that
      every mask is found for the first time; "warm" goes on with one that has written before, with other
      texts. The reference is 5 % of --step, which is what decoding a token takes.

      Examples:
        Benchmarks constraints --tokenizer checkpoints/smollm2
      """)

  @OptionGroup var options: ReportOptions

  @Option(help: "A model directory or .gguf file, whose tokenizer is used.")
  var tokenizer: String

  @Option(help: "Tokens of each text beyond the fewest that suffice.")
  var slack = 200

  @Option(help: "Milliseconds that decoding a token takes.")
  var step = 8.0

  private static let cases: [(name: String, schema: String?, regex: String?)] = [
    (
      "record",
      """
      {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer",
      "minimum":0,"maximum":130},"email":{"type":"string","format":"email"},"tags":{"type":"array",
      "items":{"type":"string","maxLength":20}},"mood":{"enum":["good","bad","unknown"]}},
      "required":["name","age","tags","mood"],"additionalProperties":false}
      """, nil
    ),
    (
      "tree",
      """
      {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"label":{"type":
      "string","minLength":1},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},
      "required":["label","children"],"additionalProperties":false}}}
      """, nil
    ),
    ("text of 2,000", #"{"type":"string","minLength":100,"maxLength":2000}"#, nil),
    ("pattern", #"{"type":"string","pattern":"^([A-Z][a-z]+ ){3,40}[a-z]+$"}"#, nil),
    ("any object", #"{"type":"object"}"#, nil),
    ("expression", nil, #"(- [A-Za-z ,']{1,60}\n){3,20}"#),
  ]

  func validate() throws {
    guard step > 0, step.isFinite else { throw ValidationError("--step must be above 0.") }
    guard (0...10_000).contains(slack) else {
      throw ValidationError("--slack must be from 0 to 10000, got \(slack).")
    }
  }

  func run() throws {
    options.start()
    guard let tokenizer = try ModelText(path: tokenizer).tokenizer else {
      throw ValidationError("--tokenizer: \(self.tokenizer) has no tokenizer.")
    }
    var vocabulary = TokenVocabulary(tokenizer)
    let seconds = Alternation.time { vocabulary = TokenVocabulary(tokenizer) }
    var notes = JSONObject()
    notes["vocabulary"] = JSON(vocabulary.count)
    notes["vocabulary_ms"] = JSON(seconds * 1000)
    var figures: [Figure] = []
    for item in Self.cases { figures += try measure(item, vocabulary) }
    try options.report("constraints", figures, notes: notes)
  }

  private func measure(
    _ item: (name: String, schema: String?, regex: String?), _ vocabulary: TokenVocabulary
  ) throws -> [Figure] {
    func compile() throws -> CompiledGrammar {
      if let regex = item.regex { return try .regex(regex, vocabulary: vocabulary) }
      return try .json(schemaText: item.schema ?? "", vocabulary: vocabulary)
    }
    func perToken(_ grammar: CompiledGrammar, seed: UInt64) -> Double {
      var writer = RandomWriter(seed: seed)
      let limit = grammar.minimalTokens + slack
      let written = writer.write(grammar, limit: limit, isChecking: false)
      return 1000 * (written.maskSeconds + written.advanceSeconds) / Double(max(1, written.tokens))
    }
    let kept = try compile()
    for seed in 0..<5 { _ = perToken(kept, seed: UInt64(seed)) }
    var compiling: [Double] = []
    var cold: [Double] = []
    var warm: [Double] = []
    for round in 0..<options.rounds {
      let seed = UInt64(100 + round)
      var grammar = kept
      compiling.append(1000 * (try Alternation.time { grammar = try compile() }))
      cold.append(perToken(grammar, seed: seed))
      warm.append(perToken(kept, seed: seed))
    }
    let allowance = Figure.Reference(
      name: "5 % of a step", values: warm.map { _ in 0.05 * step })
    return [
      Figure(name: "\(item.name), compiling", unit: "ms", values: compiling, isRate: false),
      Figure(
        name: "\(item.name), cold", unit: "ms/token", values: cold, references: [allowance],
        isRate: false),
      Figure(
        name: "\(item.name), warm", unit: "ms/token", values: warm, references: [allowance],
        isRate: false),
    ]
  }
}
