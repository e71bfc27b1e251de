import SafeIO
import TestSupport
import Testing
import Tokenization

/// Damaged tokenizers and templates: any error will do, but neither a crash nor a wait.
@Suite struct MutationTests {
  private static let pieces = [
    "null", "-1", "9223372036854775807", "1e308", "[]", "{}", "\"\"", "true", "99999", "{{", "}}",
    "{%", "%}", " for ", " if ", " is ", "|", "(", ")", "[", "]", ".", "+", "-", "*", "~",
    "messages", "loop", "range(9)", "\\u0000", "<|im_end|>",
  ]

  /// Runs damaged copies of every seed, and expects that some are refused, some are not, and none takes long.
  private func expectCalm(_ name: String, _ seeds: [[UInt8]], _ read: ([UInt8]) throws -> Void) {
    let runs = seeds.map {
      MutationRun(
        name, Mutator($0, pieces: Self.pieces), count: MutationRun.count / seeds.count, read: read)
    }

    #expect(runs.allSatisfy { $0.foreign.isEmpty }, "\(runs.flatMap(\.foreign).prefix(5))")
    #expect(runs.allSatisfy { $0.slowest < .seconds(1) })
    #expect(runs.reduce(0) { $0 + $1.accepted } > 0)
    #expect(runs.contains { !$0.refused.isEmpty })
  }

  @Test func damagedTokenizersNeitherCrashNorHang() throws {
    let seeds = try Fixture.preTokenizers.map {
      try InputFile.contents(of: Fixture.path("tokenizer-\($0).json"), maxBytes: 1 << 20)
    }

    expectCalm("tokenizer.json", seeds) { bytes in
      let tokenizer = try Tokenizer(json: JSON(parsing: bytes))
      let text = "Hello <think> 12 <|im_end|>\n éé 世界"
      _ = tokenizer.decode(tokenizer.encode(text, allowingSpecialTokens: true))
    }
  }

  @Test func damagedTemplatesNeitherCrashNorHang() throws {
    let templates = try #require(Fixture.json("template-cases.json")["templates"]?.object)
    let seeds = templates.values.compactMap(\.string).map { Array($0.utf8) }
    let messages = [
      ChatMessage(role: "system", content: "s"),
      ChatMessage(role: "user", content: "Hi\n<|im_end|>"),
      ChatMessage(role: "assistant", content: "<think>x</think>yes"),
    ]

    expectCalm("chat template", seeds) { bytes in
      let template = try ChatTemplate(String(decoding: bytes, as: UTF8.self))
      _ = try template.render(
        messages, addingGenerationPrompt: true, tools: [["function": ["name": "f"]]])
    }
  }
}
