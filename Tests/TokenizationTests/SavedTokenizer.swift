import Foundation
import SafeIO
import Testing
import Tokenization

extension Fixture {
  /// What a GGUF file of `tokenizer-NAME.json` would give: all tokens in one list, with their types.
  static func ggufTokenizer(
    _ name: String, types: Bool = true, bos: Int? = 1, eos: Int? = 2, pad: Int? = 502,
    unk: Int? = 0, addBOS: Bool = false, chatTemplate: String? = nil
  ) throws -> Tokenizer {
    let json = try json("tokenizer-\(name).json")
    let words = try #require(json["model"]?["vocab"]?.object)
    let added = try #require(json["added_tokens"]?.array)
    var tokens = Array(repeating: "", count: 505)
    var kinds = Array(repeating: 1, count: 505)
    for (text, id) in zip(words.keys, words.values) { tokens[try #require(id.int)] = text }
    for token in added {
      let id = try #require(token["id"]?.int)
      tokens[id] = try #require(token["content"]?.string)
      kinds[id] = token["special"]?.bool == true ? 3 : 4
    }
    return try Tokenizer(
      ggufModel: "gpt2", pre: name, tokens: tokens,
      merges: try #require(json["model"]?["merges"]?.array).map {
        ($0.array ?? []).compactMap(\.string).joined(separator: " ")
      },
      tokenTypes: types ? kinds : [], bos: bos, eos: eos, pad: pad, unk: unk, addBOS: addBOS,
      chatTemplate: chatTemplate)
  }

  /// Runs `body` with a directory that is removed afterwards.
  static func withDirectory<R>(_ body: (String) throws -> R) throws -> R {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path)
  }
}

extension Tokenizer {
  /// What another call reads after this one has been saved, and what stands in the three files.
  func savedAndRead() throws -> (tokenizer: Tokenizer, files: SavedFiles) {
    try Fixture.withDirectory { directory in
      try save(to: directory)
      func json(_ name: String) throws -> JSON {
        try JSON(parsingFile: "\(directory)/\(name).json")
      }
      return (
        try Tokenizer(directory: directory),
        SavedFiles(
          tokenizer: try json("tokenizer"), settings: try json("tokenizer_config"),
          generation: try json("generation_config"))
      )
    }
  }
}

struct SavedFiles {
  var tokenizer: JSON
  var settings: JSON
  var generation: JSON
}

/// Compares everything that a tokenizer says about itself, and the ids of hostile texts.
func expectSame(_ found: Tokenizer, _ expected: Tokenizer, _ name: String) throws {
  #expect(found.fingerprint == expected.fingerprint)
  #expect(found.vocabularySize == expected.vocabularySize)
  #expect(found.beginningOfSequence == expected.beginningOfSequence)
  #expect(found.endOfSequence == expected.endOfSequence)
  #expect(found.padding == expected.padding)
  #expect(found.unknown == expected.unknown)
  #expect(found.sequencePrefix == expected.sequencePrefix)
  #expect(found.sequenceSuffix == expected.sequenceSuffix)
  #expect(found.addsBeginningOfSequence == expected.addsBeginningOfSequence)
  #expect(found.unencodableBytes == expected.unencodableBytes)
  for id in 0..<expected.vocabularySize {
    #expect(found.isSpecial(id) == expected.isSpecial(id), "\(id)")
    #expect(found.decodeBytes([id]) == expected.decodeBytes([id]), "\(id)")
  }

  let cases = try #require(try Fixture.json("cases-\(name).json")["cases"]?.array)
  var texts = cases.compactMap { $0["text"]?.string }
  var random = SplitMix64(state: 5)
  for _ in 0..<500 { texts.append(random.string()) }
  for text in texts {
    #expect(found.encode(text) == expected.encode(text), "\(text.debugDescription)")
    #expect(
      found.encode(text, allowingSpecialTokens: true)
        == expected.encode(text, allowingSpecialTokens: true), "\(text.debugDescription)")
    // The text cut within a character.
    let bytes = text.utf8.dropLast().dropFirst()
    #expect(found.encode(bytes: bytes) == expected.encode(bytes: bytes))
  }

  #expect(found.chatTemplate?.source == expected.chatTemplate?.source)
  #expect(found.chatTemplate?.constants == expected.chatTemplate?.constants)
  guard expected.chatTemplate != nil else { return }
  let messages = zip(texts, texts.dropFirst()).prefix(40).flatMap {
    [ChatMessage(role: "user", content: $0), ChatMessage(role: "assistant", content: $1)]
  }
  #expect(try found.encodeChat(messages) == expected.encodeChat(messages))
}
