import Foundation
import SafeIO
import TestSupport
import Testing
import Tokenization

/// Damaged tokenizers and templates: any error will do, but neither a crash nor a wait.
@Suite struct MutationTests {
  private static let count =
    ProcessInfo.processInfo.environment["GRAFT_MUTANTS"].flatMap { Int($0) } ?? 100_000
  private static let tokens: [[UInt8]] = [
    "null", "-1", "9223372036854775807", "1e308", "[]", "{}", "\"\"", "true", "99999", "{{", "}}",
    "{%", "%}",
    " for ", " if ", " is ", "|", "(", ")", "[", "]", ".", "+", "-", "*", "~", "messages", "loop",
    "range(9)", "\\u0000", "<|im_end|>",
  ].map { Array($0.utf8) }

  /// A copy of `bytes` with one to three changes.
  private static func mutant(of bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var result = bytes
    for _ in 0...random.below(3) where !result.isEmpty {
      let place = random.below(result.count)
      let end = min(result.count, place + 1 + random.below(12))
      switch random.below(6) {
      case 0: result[place] ^= UInt8(1 << random.below(8))
      case 1: result[place] = UInt8(random.below(256))
      case 2: result.removeSubrange(place..<end)
      case 3: result.insert(contentsOf: result[place..<end], at: random.below(result.count))
      case 4: result.replaceSubrange(place..<end, with: tokens[random.below(tokens.count)])
      default: result.insert(contentsOf: tokens[random.below(tokens.count)], at: place)
      }
    }
    return result
  }

  private static func run(_ seeds: [[UInt8]], _ use: ([UInt8]) throws -> Void) -> (
    accepted: Int, slowest: Duration
  ) {
    var random = SplitMix64(state: 11)
    var slowest = Duration.zero
    var accepted = 0
    for index in 0..<count {
      let bytes = mutant(of: seeds[index % seeds.count], &random)
      let start = CPUTime.now
      if (try? use(bytes)) != nil { accepted += 1 }
      slowest = max(slowest, CPUTime.now - start)
    }
    return (accepted, slowest)
  }

  @Test func damagedTokenizersNeitherCrashNorHang() throws {
    let seeds = try Fixture.preTokenizers.map {
      try InputFile.contents(of: Fixture.path("tokenizer-\($0).json"), maxBytes: 1 << 20)
    }

    let (accepted, slowest) = Self.run(seeds) { bytes in
      let tokenizer = try Tokenizer(json: JSON(parsing: bytes))
      let text = "Hello <think> 12 <|im_end|>\n éé 世界"
      _ = tokenizer.decode(tokenizer.encode(text, allowingSpecialTokens: true))
    }

    #expect(slowest < .seconds(1))
    #expect(accepted > 0 && accepted < Self.count)
  }

  @Test func damagedTemplatesNeitherCrashNorHang() throws {
    let templates = try #require(Fixture.json("template-cases.json")["templates"]?.object)
    let seeds = templates.values.compactMap(\.string).map { Array($0.utf8) }
    let messages = [
      ChatMessage(role: "system", content: "s"),
      ChatMessage(role: "user", content: "Hi\n<|im_end|>"),
      ChatMessage(role: "assistant", content: "<think>x</think>yes"),
    ]

    let (accepted, slowest) = Self.run(seeds) { bytes in
      let template = try ChatTemplate(String(decoding: bytes, as: UTF8.self))
      _ = try template.render(
        messages, addingGenerationPrompt: true, tools: [["function": ["name": "f"]]])
    }

    #expect(slowest < .seconds(1))
    #expect(accepted > 0 && accepted < Self.count)
  }
}
