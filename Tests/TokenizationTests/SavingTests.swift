import Foundation
import SafeIO
import Testing
import Tokenization

/// What is saved can be read again, by us and (`scripts/check_tokenizer_roundtrip.py`) by others.
@Suite struct SavingTests {
  private static let chatML = """
    {{ bos_token }}{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
    """

  /// `tokenizers` 0.23.3 wrote the fixtures.
  @Test(arguments: Fixture.preTokenizers)
  func whatTokenizersWroteIsWrittenAgain(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)

    let saved = try tokenizer.savedAndRead()

    #expect(saved.files.tokenizer == (try Fixture.json("tokenizer-\(name).json")))
    try expectSame(saved.tokenizer, tokenizer, name)
  }

  @Test(arguments: Fixture.preTokenizers, [true, false])
  func tokenizerOfAGGUFIsTheSameAfterSaving(name: String, addBOS: Bool) throws {
    let tokenizer = try Fixture.ggufTokenizer(name, addBOS: addBOS, chatTemplate: Self.chatML)

    let saved = try tokenizer.savedAndRead()

    try expectSame(saved.tokenizer, tokenizer, name)
    #expect(saved.tokenizer.endOfSequence == [2])
    #expect(saved.tokenizer.addsBeginningOfSequence == addBOS)
    #expect(saved.files.settings["add_bos_token"] == JSON(addBOS))
  }

  @Test func controlTokensThatAGGUFOnlyNamesAreSavedAsSuch() throws {
    let tokenizer = try Fixture.ggufTokenizer(
      "smollm", types: false, pad: 2, unk: nil, chatTemplate: Self.chatML)
    let text = "<|im_start|>a<|im_end|><think>"

    let saved = try tokenizer.savedAndRead().tokenizer

    try expectSame(saved, tokenizer, "smollm")
    #expect(saved.encode(text, allowingSpecialTokens: true).filter(saved.isSpecial) == [1, 2])
  }

  @Test func stepsOfAGGUFAreThoseOfItsFamily() throws {
    for name in ["gpt-2", "smollm", "llama-bpe"] {
      let files = try Fixture.ggufTokenizer(name).savedAndRead().files
      let reference = try Fixture.json("tokenizer-\(name).json")
      for step in ["normalizer", "pre_tokenizer", "decoder"] {
        #expect(files.tokenizer[step] == reference[step], "\(name) \(step)")
      }
    }

    // As in the tokenizer.json of Qwen2.5-0.5B-Instruct.
    let files = try Fixture.ggufTokenizer("qwen2").savedAndRead().files
    let level: JSON = [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false,
    ]
    #expect(files.tokenizer["normalizer"] == ["type": "NFC"])
    #expect(files.tokenizer["pre_tokenizer"]?["pretokenizers"]?.array?.last == level)
    #expect(files.tokenizer["post_processor"] == level)
    #expect(files.tokenizer["decoder"] == level)
  }

  @Test func beginningOfSequenceIsAddedAsLlama3DoesIt() throws {
    let files = try Fixture.ggufTokenizer("llama-bpe", bos: 0, addBOS: true).savedAndRead().files

    // As in the tokenizer.json of Llama-3.2-1B, whose token is called <|begin_of_text|>.
    let expected = """
      {"type": "Sequence", "processors": [
        {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
        {"type": "TemplateProcessing",
          "single": [
            {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [
            {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "<|endoftext|>", "type_id": 1}},
            {"Sequence": {"id": "B", "type_id": 1}}],
          "special_tokens": {"<|endoftext|>": {
            "id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}}}]}
      """
    #expect(files.tokenizer["post_processor"] == (try JSON(parsing: Array(expected.utf8))))
  }
}

/// The settings beside `tokenizer.json`.
@Suite struct SavedSettingsTests {
  /// Reads the SmolLM fixture with these settings beside it, and saves it.
  private func saved(
    _ settings: String, _ generation: String, editing edit: (inout JSONObject) -> Void = { _ in }
  ) throws -> (before: Tokenizer, after: (tokenizer: Tokenizer, files: SavedFiles)) {
    try Fixture.withDirectory { directory in
      var root = try #require(Fixture.json("tokenizer-smollm.json").object)
      edit(&root)
      let files = [
        ("tokenizer", JSON(root).serialized()), ("tokenizer_config", settings),
        ("generation_config", generation),
      ]
      for (name, text) in files {
        try AtomicFile.write(Array(text.utf8), to: "\(directory)/\(name).json")
      }
      let tokenizer = try Tokenizer(directory: directory)
      return (tokenizer, try tokenizer.savedAndRead())
    }
  }

  @Test func everyEndIsKeptInItsOrder() throws {
    let (before, after) = try saved(#"{"eos_token": "<|im_end|>"}"#, #"{"eos_token_id": [0, 2]}"#)

    #expect(before.endOfSequence == [2, 0])
    try expectSame(after.tokenizer, before, "smollm")
    #expect(after.files.generation["eos_token_id"] == [2, 0])
  }

  @Test func endThatOnlyGenerationStopsAtDoesNotBecomeAControlToken() throws {
    let (before, after) = try saved("{}", #"{"eos_token_id": 501}"#)

    #expect(!before.isSpecial(501))
    try expectSame(after.tokenizer, before, "smollm")
    #expect(after.files.settings["eos_token"] == nil)
  }

  @Test func processorsThatAreNoneOfTheUsualAreLeftToTokenizerJSON() throws {
    let processor: JSON = [
      "type": "TemplateProcessing",
      "single": [
        ["SpecialToken": ["id": "<|im_end|>", "type_id": 0]],
        ["Sequence": ["id": "A", "type_id": 0]],
        ["SpecialToken": ["id": "<think>", "type_id": 0]],
      ],
      "pair": [["Sequence": ["id": "A", "type_id": 0]], ["Sequence": ["id": "B", "type_id": 1]]],
      "special_tokens": [
        "<|im_end|>": ["id": "<|im_end|>", "ids": [2], "tokens": ["<|im_end|>"]],
        "<think>": ["id": "<think>", "ids": [500], "tokens": ["<think>"]],
      ],
    ]
    let (before, after) = try saved(
      #"{"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}"#, "{}"
    ) { $0["post_processor"] = processor }

    try expectSame(after.tokenizer, before, "smollm")
    #expect(after.tokenizer.sequencePrefix == [2])
    #expect(after.files.tokenizer["post_processor"] == processor)
    #expect(after.files.settings["add_bos_token"] == nil)
  }

  @Test func unknownTokenOfTheModelIsKept() throws {
    let (before, after) = try saved("{}", "{}") {
      var model = $0["model"]?.object ?? JSONObject()
      model["unk_token"] = "<|endoftext|>"
      model["fuse_unk"] = true
      $0["model"] = JSON(model)
    }

    try expectSame(after.tokenizer, before, "smollm")
    #expect(after.tokenizer.unknown == 0)
    #expect(after.files.tokenizer["model"]?["fuse_unk"] == true)
  }

  @Test func ordinaryWordsAreNotNamedAsPaddingOrUnknown() throws {
    let tokenizer = try Fixture.ggufTokenizer("smollm", types: false, pad: 40, unk: 41)

    let saved = try tokenizer.savedAndRead()

    #expect(saved.files.settings["pad_token"] == nil)
    #expect(saved.files.settings["unk_token"] == nil)
    #expect(saved.files.generation["pad_token_id"] == 40)
    #expect(saved.tokenizer.fingerprint == tokenizer.fingerprint)
  }

  @Test func directoryMustExist() throws {
    try Fixture.withDirectory { directory in
      _ = #expect(throws: IOFailure.self) {
        try Fixture.tokenizer("smollm").save(to: "\(directory)/absent")
      }
    }
  }
}
