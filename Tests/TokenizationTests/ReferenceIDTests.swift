import Foundation
import SafeIO
import TestSupport
import Testing
import Tokenization

/// Ids and texts of tokenizers 0.23.3, by `scripts/fixtures/tokenization_fixtures.py`.
@Suite struct ReferenceIDTests {
  @Test(arguments: Fixture.preTokenizers)
  func nastyTextsGetTheIDsOfTheReference(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)

    for item in try #require(Fixture.json("cases-\(name).json")["cases"]?.array) {
      let text = try #require(item["text"]?.string)
      let plain = try #require(item["ids"]?.array).compactMap(\.int)
      let special = item["special"]?.array?.compactMap(\.int) ?? plain
      #expect(tokenizer.encode(text) == plain, "\(text.debugDescription)")
      #expect(
        tokenizer.encode(text, allowingSpecialTokens: true) == special, "\(text.debugDescription)")
    }
  }

  @Test(arguments: Fixture.preTokenizers)
  func randomUnicodeGetsTheIDsOfTheReference(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    var random = SplitMix64(state: 7)
    var digest = IDDigest()

    for _ in 0..<100_000 { digest.add(tokenizer.encode(random.string())) }

    #expect(digest.hex == (try Fixture.json("cases-\(name).json")["random_ids"]?.string))
  }

  @Test(arguments: Fixture.preTokenizers)
  func randomIDsGetTheTextOfTheReferenceWholeAndStreamed(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    var random = SplitMix64(state: 8)
    var bytes: [UInt8] = []

    for _ in 0..<20_000 {
      let ids = (0..<random.below(12)).map { _ in random.below(tokenizer.vocabularySize - 5) }
      let text = tokenizer.decode(ids)
      var stream = StreamingDecoder(tokenizer, skippingSpecialTokens: false)
      let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
      try #require(streamed == text)
      withUnsafeBytes(of: Int32(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
      bytes.append(contentsOf: text.utf8)
    }

    let expected = try Fixture.json("cases-\(name).json")["random_texts"]?.string
    #expect(FileHash.sha256(of: bytes) == expected)
  }

  @Test(.tags(.reference), .enabled(if: Fixture.hasShared, "../shared is absent"))
  func everyTextOfTheSharedDataGetsTheIDsOfTheReference() throws {
    let tokenizer = try Tokenizer(directory: Fixture.shared("reference/smollm2"))
    func strings(_ json: JSON) -> [String] {
      switch json.kind {
      case .string(let text): [text]
      case .array(let items): items.flatMap(strings)
      case .object(let object): object.values.flatMap(strings)
      default: []
      }
    }
    let files = try #require(Fixture.json("data-ids.json")["files"]?.object)
    try #require(files.count > 50)

    for (name, expected) in zip(files.keys, files.values) {
      var digest = IDDigest()
      try JSONLines.forEach(path: Fixture.shared("data/\(name)")) { _, bytes in
        for text in strings(try JSON(parsing: bytes)) { digest.add(tokenizer.encode(text)) }
      }
      #expect(digest.hex == expected["sha256"]?.string, "\(name)")
    }
  }

  @Test(.tags(.reference), .enabled(if: Fixture.hasShared, "../shared is absent"))
  func listedTextsAndChatsOfSmolLM2GetTheIDsOfTheReference() throws {
    let tokenizer = try Tokenizer(directory: Fixture.shared("reference/smollm2"))
    let texts = try JSON(parsingFile: Fixture.shared("reference/smollm2/tokens.json"))
    let chats = try JSON(parsingFile: Fixture.shared("reference/smollm2/chat.json"))

    for item in try #require(texts["items"]?.array) {
      let text = try #require(item["text"]?.string)
      let ids = tokenizer.encode(text, allowingSpecialTokens: true)
      #expect(ids == item["ids"]?.array?.compactMap(\.int), "\(text.debugDescription)")
    }
    for item in try #require(chats["items"]?.array) {
      let messages = try #require(item["messages"]?.array).map { try ChatMessage($0) }
      let text = try #require(item["text"]?.string)
      let prompts = text.hasSuffix("<|im_start|>assistant\n")
      let rendered = try tokenizer.chatTemplate?.render(messages, addingGenerationPrompt: prompts)
      #expect(rendered == text)
      let encoding = try tokenizer.encodeChat(messages, addingGenerationPrompt: prompts)
      #expect(encoding.ids == item["ids"]?.array?.compactMap(\.int))
    }
  }
}
