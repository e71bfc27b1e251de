import Foundation
import ModelFiles
import Models
import SafeIO
import TestSupport
import Testing
import Tokenization

/// SmolLM2's tokenizer, out of the GGUF file into a Hugging Face directory and back.
@Suite(.tags(.reference), .enabled(if: SmolLM2.model != nil, SmolLM2.whenAbsent))
struct SavedTokenizerTests {
  @Test func savedTokenizerOfTheGGUFIsTheSame() throws {
    let tokenizer = try #require(try Tokenizer(gguf: GGUFFile(path: SmolLM2.path()).metadata))
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }

    try tokenizer.save(to: directory.path)
    let saved = try Tokenizer(directory: directory.path)

    #expect(saved.fingerprint == tokenizer.fingerprint)
    #expect(saved.endOfSequence == tokenizer.endOfSequence)
    #expect(saved.chatTemplate?.source == tokenizer.chatTemplate?.source)
    #expect(saved.chatTemplate?.constants == tokenizer.chatTemplate?.constants)
    // The ids that transformers gives, from the tokenizer as it was saved.
    for item in try SmolLM2.items("tokens") {
      let text = try #require(item["text"]?.string)
      #expect(saved.encode(text) == item["ids"]?.ints, "\(text.debugDescription)")
    }
    for item in try SmolLM2.items("chat") {
      let messages = try #require(item["messages"]?.array).map {
        ChatMessage(
          role: try #require($0["role"]?.string), content: try #require($0["content"]?.string))
      }
      let encoding = try saved.encodeChat(messages, addingGenerationPrompt: true)
      #expect(encoding.ids == item["ids"]?.ints)
    }
  }
}
