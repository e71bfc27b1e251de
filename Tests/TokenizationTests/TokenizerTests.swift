import SafeIO
import TestSupport
import Testing
import Tokenization

@Suite struct TokenizerTests {
  @Test(arguments: Fixture.preTokenizers.filter { $0 != "qwen2" })
  func anyBytesComeBack(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    var random = SplitMix64(state: 3)

    for _ in 0..<2_000 {
      let bytes = (0..<random.below(60)).map { _ in UInt8(random.below(256)) }
      #expect(tokenizer.decodeBytes(tokenizer.encode(bytes: bytes)) == bytes)
    }
  }

  @Test func specialTokensInTextAreOrdinaryTextUnlessAllowed() throws {
    let tokenizer = try Fixture.tokenizer("smollm")
    let text = "a<|im_end|>b<|im_start|>"

    let plain = tokenizer.encode(text)

    #expect(plain.allSatisfy { !tokenizer.isSpecial($0) })
    #expect(tokenizer.decode(plain) == text)
    #expect(
      tokenizer.encode(text, allowingSpecialTokens: true).count { tokenizer.isSpecial($0) } == 2)
    #expect(tokenizer.countSpecialTokens(spelledOutIn: text) == 2)
  }

  @Test func streamHoldsBackHalfACharacter() throws {
    let tokenizer = try Fixture.tokenizer("gpt-2")
    let ids = tokenizer.encode(bytes: Array("né 👩‍👩".utf8))
    var stream = StreamingDecoder(tokenizer)

    let pieces = ids.map { stream.append($0) } + [stream.finish()]

    #expect(pieces.joined() == "né 👩‍👩")
    #expect(!pieces.contains { $0.unicodeScalars.contains("\u{FFFD}") })
  }

  @Test func streamEndsWithAReplacementForAnUnfinishedCharacter() throws {
    let tokenizer = try Fixture.tokenizer("gpt-2")
    var stream = StreamingDecoder(tokenizer)

    let pieces = tokenizer.encode(bytes: [0x61, 0xF0, 0x9F]).map { stream.append($0) }

    #expect(pieces.joined() == "a")
    #expect(stream.finish() == "\u{FFFD}")
  }

  @Test(arguments: ["a", " ", "👩", "\n", "é"])
  func longWordsTakeLinearTime(unit: String) throws {
    let tokenizer = try Fixture.tokenizer("llama-bpe")
    let short = String(repeating: unit, count: 1 << 18)
    let long = String(repeating: unit, count: 1 << 20)

    let shortTime = CPUTime.measure { _ = tokenizer.encode(short) }
    let longTime = CPUTime.measure { #expect(tokenizer.decode(tokenizer.encode(long)) == long) }

    // Four times the text; quadratic merging would take 16 times as long, and hours at this length.
    #expect(longTime < shortTime * 12 + .milliseconds(200))
  }

  @Test func copiesEncodeAtTheSameTime() async throws {
    let tokenizer = try Fixture.tokenizer("smollm")
    let text = "The quick brown fox isn't 1234 jumping. "
    let expected = tokenizer.encode(text)

    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask { (0..<500).allSatisfy { _ in tokenizer.encode(text) == expected } }
      }
      for await same in group { #expect(same) }
    }
  }

  @Test func metadataOfAGGUFGivesTheSameTokenizer() throws {
    let json = try Fixture.json("tokenizer-smollm.json")
    let words = try #require(json["model"]?["vocab"]?.object)
    let added = try #require(json["added_tokens"]?.array)
    var tokens = Array(repeating: "", count: words.count + added.count - 3)
    var types = Array(repeating: 1, count: tokens.count)
    for (text, id) in zip(words.keys, words.values) { tokens[try #require(id.int)] = text }
    for token in added {
      let id = try #require(token["id"]?.int)
      tokens[id] = try #require(token["content"]?.string)
      types[id] = token["special"]?.bool == true ? 3 : 4
    }
    let merges = try #require(json["model"]?["merges"]?.array).map {
      $0.string ?? ($0.array ?? []).compactMap(\.string).joined(separator: " ")
    }

    let gguf = try Tokenizer(
      ggufModel: "gpt2", pre: "smollm", tokens: tokens, merges: merges, tokenTypes: types, bos: 1,
      eos: 2, pad: 2, unk: 0, addBOS: false, chatTemplate: "{{ bos_token }}{{ eos_token }}")

    let reference = try Tokenizer(json: json)
    for text in ["Hello 12 <think>", "<|im_end|>", "  x"] {
      #expect(gguf.encode(text) == reference.encode(text))
    }
    #expect(gguf.endOfSequence == [2])
    #expect(gguf.padding == 2)
    #expect(gguf.vocabularySize == reference.vocabularySize)
    #expect(
      try gguf.chatTemplate?.render([], addingGenerationPrompt: false) == "<|im_start|><|im_end|>")
  }

  @Test func fingerprintFollowsWhatChangesIDs() throws {
    let prints = try Fixture.preTokenizers.map { try Fixture.tokenizer($0).fingerprint }

    #expect(Set(prints).count == 4)
    #expect(try Fixture.tokenizer("smollm").fingerprint == prints[1])
  }

  @Test func beginningTokenOfThePostProcessorIsKnownButNotAdded() throws {
    let tokenizer = try Fixture.tokenizer("llama-bpe")

    #expect(tokenizer.sequencePrefix == [0])
    #expect(tokenizer.encode("a").first != 0)
  }

  @Test func vocabularyLargerThanTheModelIsRefused() throws {
    let tokenizer = try Fixture.tokenizer("smollm")
    let tokens = tokenizer.vocabularySize

    try tokenizer.requireFits(embeddingRows: tokens)
    #expect(throws: TokenizerError.vocabularyExceedsModel(tokens: tokens, rows: tokens - 1)) {
      try tokenizer.requireFits(embeddingRows: tokens - 1)
    }
  }
}
