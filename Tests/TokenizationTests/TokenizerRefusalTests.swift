import Foundation
import SafeIO
import Testing
import Tokenization

/// Rows T01 to T08 of the catalogue of hostile tokenizer files.
@Suite struct TokenizerRefusalTests {
  /// The tiny tokenizer with one piece of its text replaced.
  private func code(replacing old: String, with new: String) throws -> String {
    let text = try String(contentsOfFile: Fixture.path("tokenizer-smollm.json"), encoding: .utf8)
    try #require(text.contains(old), "\(old)")
    let range = try #require(text.range(of: old))
    do {
      _ = try Tokenizer(json: JSON(parsing: text.replacingCharacters(in: range, with: new)))
      return "accepted"
    } catch let error as any UserFacingError {
      #expect(!error.description.contains("\n"))
      return error.code
    }
  }

  @Test(arguments: [
    (#""!":3"#, #""!":4"#, "TOK.ID"), (#""!":3"#, #""!":8589934592"#, "TOK.ID"),
    (#""!":3"#, #""!":-1"#, "TOK.ID"), (#""!":3"#, #""!":1.5"#, "TOK.ID"),
    (#""!":3"#, #""!":4000000000"#, "TOK.ID"),
    (#""merges":["#, #""merges":[["Ġ","nowhere"],"#, "TOK.MERGE"),
    (#""merges":["#, #""merges":["Ġ!","#, "TOK.MERGE"),
    (#""merges":["#, #""merges":["a b c","#, "TOK.MERGE"),
    (#""merges":["#, #""merges":[["!","!"],"#, "TOK.MERGE"),
    (#""merges":["#, #""merges":[7,"#, "TOK.MERGE"),
    (#""content":"<think>""#, #""content":"""#, "TOK.ADDED"),
    (#""content":"<think>""#, #""content":"!""#, "TOK.ADDED"),
    (#""id":500,"content":"<think>""#, #""id":99999,"content":"<think>""#, "TOK.ADDED"),
    (#""id":500,"content":"<think>""#, #""id":7,"content":"<think>""#, "TOK.ADDED"),
    (#""unk_token":null"#, #""unk_token":"<unk>""#, "TOK.SPECIAL"),
    (#""type":"BPE""#, #""type":"Unigram""#, "TOK.UNSUPPORTED"),
    (#""byte_fallback":false"#, #""byte_fallback":true"#, "TOK.UNSUPPORTED"),
    (#""dropout":null"#, #""dropout":0.1"#, "TOK.UNSUPPORTED"),
    (#""end_of_word_suffix":null"#, #""end_of_word_suffix":"</w>""#, "TOK.UNSUPPORTED"),
    (#""normalizer":null"#, #""normalizer":{"type":"Lowercase"}"#, "TOK.UNSUPPORTED"),
    (#""individual_digits":true"#, #""individual_digits":false"#, "TOK.UNSUPPORTED"),
    (#""add_prefix_space":false"#, #""add_prefix_space":true"#, "TOK.UNSUPPORTED"),
    (#""single_word":false"#, #""single_word":true"#, "TOK.UNSUPPORTED"),
    (#""fuse_unk":false"#, #""fuse_unk":false,"mystery":1"#, "TOK.UNSUPPORTED"),
    (
      #"{"type":"Digits","individual_digits":true}"#,
      #"{"type":"Split","pattern":{"Regex":"(a+)+$"},"behavior":"Isolated","invert":false}"#,
      "TOK.UNSUPPORTED"
    ),
    (#""model":{"#, #""modle":{"#, "TOK.UNSUPPORTED"),
    (#""vocab":{"#, #""vocab":[],"v":{"#, "TOK.UNSUPPORTED"),
    (#""!":3"#, #""!":3,"!":3"#, "JSON.DUPLICATE"),
  ])
  func damageIsRefusedByItsCode(old: String, new: String, code: String) throws {
    #expect(try self.code(replacing: old, with: new) == code)
  }

  @Test func unknownPatternIsRefusedAndNeverRun() throws {
    let text = try String(contentsOfFile: Fixture.path("tokenizer-qwen2.json"), encoding: .utf8)
    let range = try #require(text.range(of: "(?i:'s|"))

    #expect(
      performing: {
        let json = try JSON(parsing: text.replacingCharacters(in: range, with: "(a+)+$|(?i:'s|"))
        _ = try Tokenizer(json: json)
      }, throws: { ($0 as? TokenizerError)?.code == "TOK.REGEX" })
  }

  @Test func unsupportedPartNamesItsPath() throws {
    let json: JSON = [
      "model": ["type": "BPE", "vocab": [:], "merges": []], "decoder": ["type": "ByteLevel"],
      "pre_tokenizer": [
        "type": "Sequence", "pretokenizers": [["type": "Metaspace"], ["type": "ByteLevel"]],
      ],
    ]

    #expect(
      throws: TokenizerError.unsupported(
        path: "pre_tokenizer.pretokenizers[0].type", found: #""Metaspace""#)
    ) { _ = try Tokenizer(json: json) }
  }

  @Test(arguments: [
    ("llama", "smollm"), ("gpt2", "deepseek-llm"), ("gpt2", "default"),
  ])
  func foreignGGUFTokenizersAreRefusedByName(model: String, pre: String) throws {
    #expect(
      performing: {
        _ = try Tokenizer(
          ggufModel: model, pre: pre, tokens: ["a"], merges: [], tokenTypes: [], bos: nil, eos: nil,
          pad: nil, unk: nil, addBOS: false, chatTemplate: nil)
      }, throws: { ($0 as? TokenizerError)?.code == "TOK.UNSUPPORTED" })
  }

  @Test func idsOfGGUFSpecialTokensMustExist() throws {
    #expect(
      performing: {
        _ = try Tokenizer(
          ggufModel: "gpt2", pre: "smollm", tokens: ["a"], merges: [], tokenTypes: [], bos: nil,
          eos: 7, pad: nil, unk: nil, addBOS: false, chatTemplate: nil)
      }, throws: { ($0 as? TokenizerError)?.code == "TOK.SPECIAL" })
  }

  @Test func directoryWithoutTheNamedSpecialTokenIsRefused() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let source = URL(fileURLWithPath: Fixture.path("tokenizer-smollm.json"))
    try FileManager.default.copyItem(
      at: source, to: directory.appendingPathComponent("tokenizer.json"))
    let config = directory.appendingPathComponent("tokenizer_config.json")

    try Data(#"{"eos_token":{"content":"<|im_end|>"},"chat_template":"{{ eos_token }}"}"#.utf8)
      .write(to: config)
    let tokenizer = try Tokenizer(directory: directory.path)
    try Data(#"{"eos_token":"<eos>"}"#.utf8).write(to: config)

    #expect(tokenizer.endOfSequence == [2])
    #expect(try tokenizer.chatTemplate?.render([], addingGenerationPrompt: false) == "<|im_end|>")
    #expect(
      throws: TokenizerError.specialTokenAbsent(
        name: "eos_token in tokenizer_config.json", token: "<eos>")
    ) {
      _ = try Tokenizer(directory: directory.path)
    }
  }
}
