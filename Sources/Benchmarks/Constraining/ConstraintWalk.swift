import ArgumentParser
import Constraints
import Foundation
import Models
import SafeIO

/// Writes random texts under the constraints of a file; `scripts/check_constraints.py` checks them.
struct ConstraintWalk: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "constraint-walk",
    abstract: "Random texts under schemas and regular expressions, for others to check.",
    discussion: """
      Every line of the input is {"schema": …}, {"schema_text": "…"} or {"regex": "…"}. Every line of
      the output has the line's number and either the error or the texts, each with its number of
      tokens and the number that was allowed: the fewest that suffice, then some more.

      Examples:
        Benchmarks constraint-walk --tokenizer checkpoints/graft-base --input s.jsonl --output t.jsonl
      """,
    shouldDisplay: false)

  @Option(help: "A model directory or .gguf file, whose tokenizer is used.")
  var tokenizer: String

  @Option(help: "A JSONL file of constraints.")
  var input: String

  @Option(help: "The JSONL file that is written.")
  var output: String

  @Option(help: "Texts for each constraint.")
  var texts = 3

  @Option(help: "The most tokens of a text beyond the fewest that suffice.")
  var slack = 60

  @Option(help: "Seed of the choices.")
  var seed = 1

  func run() throws {
    guard let tokenizer = try ModelText(path: tokenizer).tokenizer else {
      throw ValidationError("--tokenizer: \(self.tokenizer) has no tokenizer.")
    }
    let vocabulary = TokenVocabulary(tokenizer)
    var lines: [UInt8] = []
    try JSONLines.forEach(path: input) { number, bytes in
      let limits = JSON.Limits(depth: 512)
      let line = walk(number, try JSON(parsing: bytes, limits: limits), vocabulary)
      lines += Array((JSON(line).serialized() + "\n").utf8)
    }
    try AtomicFile.write(lines, to: output)
  }

  private func walk(_ number: Int, _ line: JSON, _ vocabulary: TokenVocabulary) -> JSONObject {
    var result = JSONObject()
    result["line"] = JSON(number)
    do {
      var grammar: CompiledGrammar?
      let seconds = try Alternation.time {
        if let pattern = line["regex"]?.string {
          grammar = try CompiledGrammar.regex(pattern, vocabulary: vocabulary)
        } else if let text = line["schema_text"]?.string {
          grammar = try CompiledGrammar.json(schemaText: text, vocabulary: vocabulary)
        } else {
          grammar = try CompiledGrammar.json(
            schema: line["schema"] ?? .null, vocabulary: vocabulary)
        }
      }
      result["compile_ms"] = JSON(seconds * 1000)
      guard let grammar else { return result }
      result["minimal_tokens"] = JSON(grammar.minimalTokens)
      result["texts"] = JSON((0..<texts).map { write(grammar, number, $0) })
    } catch let error as ConstraintError {
      result["error"] = JSON(error.code)
      result["message"] = JSON(error.description)
    } catch {
      result["error"] = JSON("other")
      result["message"] = JSON("\(error)")
    }
    return result
  }

  private func write(_ grammar: CompiledGrammar, _ number: Int, _ text: Int) -> JSON {
    var writer = RandomWriter(
      seed: UInt64(truncatingIfNeeded: seed &* 1_000_003 &+ number &* 101 &+ text))
    let extra = text == 0 ? 0 : writer.index(below: slack + 1)
    let limit = grammar.minimalTokens + extra
    let written = writer.write(grammar, limit: limit)
    var problem = written.problem
    if problem == nil, !written.isComplete { problem = "not complete after \(limit) tokens" }
    return [
      "text": JSON(String(decoding: written.text, as: UTF8.self)), "tokens": JSON(written.tokens),
      "limit": JSON(limit), "problem": problem.map { JSON($0) } ?? .null,
      "mask_ms": JSON(written.maskSeconds * 1000),
    ]
  }
}
