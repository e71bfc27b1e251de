import Datasets
import SafeIO
import Testing
import Tokenization

/// The row formats of other tools.
@Suite struct RowFormatTests {
  private func row(_ line: String) throws -> LoadedRow {
    try RowReader.row(Array(line.utf8), line: 7, path: "a.jsonl")
  }

  private func chat(_ turns: [(String, String)], trained: [Bool]? = nil) -> Row {
    .messages(
      turns.map { ChatMessage(role: $0.0, content: $0.1) },
      trained: trained ?? turns.map { $0.0 == "assistant" })
  }

  /// The data of tatsu-lab/alpaca has the whole prompt under `text` too.
  @Test func instructionAndInputAreOneMessageOfTheUser() throws {
    let loaded = try row(
      #"{"instruction":"Add.","input":"1 2","output":"3","text":"Below is an instruction"}"#)

    #expect(loaded.row == chat([("user", "Add.\n\n1 2"), ("assistant", "3")]))
    #expect(loaded.format == .alpaca)
    #expect(loaded.ignoredKeys == ["text"])
    let bare = try row(#"{"instruction":"Add.","input":" ","output":"3"}"#)
    #expect(bare.row == chat([("user", "Add."), ("assistant", "3")]))
  }

  @Test func instructionsMayHaveASystemMessageAndEarlierTurns() throws {
    let loaded = try row(
      #"{"instruction":"c","output":"d","system":"s","history":[["a","b"]]}"#)

    #expect(
      loaded.row
        == chat([
          ("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"),
        ]))
  }

  @Test func conversationsGoByTheirSpeakersNames() throws {
    let loaded = try row(
      #"{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b","weight":0},"#
        + #"{"from":"tool","value":"c"},{"from":"model","value":"d"}],"system":"s"}"#)

    #expect(
      loaded.row
        == chat(
          [("system", "s"), ("user", "a"), ("assistant", "b"), ("tool", "c"), ("assistant", "d")],
          trained: [false, false, false, false, true]))
    #expect(loaded.format == .sharegpt)
    let roles = try row(
      #"{"conversations":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#)
    #expect(roles.row == chat([("user", "a"), ("assistant", "b")]))
  }

  @Test func toolsAreAListOrTheTextOfOne() throws {
    let messages = #""messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]"#
    let list = try row("{\(messages),\"tools\":[{\"name\":\"f\"}]}")
    let text = try row("{\(messages),\"tools\":\"[{\\\"name\\\":\\\"f\\\"}]\"}")
    let none = try row("{\(messages),\"tools\":[],\"chat_template_kwargs\":null}")

    guard case .messages(_, _, let inputs) = list.row else { return #expect(Bool(false)) }
    #expect(inputs.tools == [["name": "f"]])
    #expect(list.row == text.row)
    #expect(none.row == chat([("user", "a"), ("assistant", "b")]))
  }

  @Test func callsComeWithoutContent() throws {
    let loaded = try row(
      #"{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]}]}"#)

    guard case .messages(let messages, let trained, _) = loaded.row else {
      return #expect(Bool(false))
    }
    #expect(trained == [true])
    #expect(messages[0].content == "")
    #expect(messages[0].extra["content"]?.isNull == true)
    #expect(messages[0].extra["tool_calls"] == [["id": "1"]])
  }

  @Test func preferencesHaveTwoSidesAfterOnePrompt() throws {
    let strings = try row(#"{"prompt":"a","chosen":"b","rejected":"c","score":1}"#)
    let lists = try row(
      #"{"prompt":[{"role":"user","content":"a"}],"#
        + #""chosen":[{"role":"assistant","content":"b"}],"#
        + #""rejected":[{"role":"assistant","content":"c"}]}"#)
    let other = try row(
      #"{"input":{"messages":[{"role":"user","content":"a"}]},"#
        + #""preferred_output":[{"role":"assistant","content":"b"}],"#
        + #""non_preferred_output":[{"role":"assistant","content":"c"}]}"#)

    #expect(
      strings.row
        == .preference(
          chosen: .promptCompletion(prompt: "a", completion: "b"),
          rejected: .promptCompletion(prompt: "a", completion: "c")))
    #expect(strings.ignoredKeys == ["score"])
    let sides = Row.preference(
      chosen: chat([("user", "a"), ("assistant", "b")]),
      rejected: chat([("user", "a"), ("assistant", "c")]))
    #expect(lists.row == sides)
    #expect(other.row == sides)
    #expect(lists.format == .preference)
  }

  @Test func aPromptThatIsMissingIsWhatBothSidesBeginWith() throws {
    let turns =
      #"{"role":"user","content":"a"},{"role":"assistant","content":"x"},"#
      + #"{"role":"user","content":"b"}"#
    func lists(_ more: String) throws -> LoadedRow {
      try row(
        #"{\#(more)"chosen":[\#(turns),{"role":"assistant","content":"c"}],"#
          + #""rejected":[\#(turns),{"role":"assistant","content":"d"}]}"#)
    }
    let expected = Row.preference(
      chosen: chat(
        [("user", "a"), ("assistant", "x"), ("user", "b"), ("assistant", "c")],
        trained: [false, false, false, true]),
      rejected: chat(
        [("user", "a"), ("assistant", "x"), ("user", "b"), ("assistant", "d")],
        trained: [false, false, false, true]))

    #expect(try lists("").row == expected)
    // As in UltraFeedback, where the prompt stands beside conversations that begin with it.
    #expect(try lists(#""prompt":"a","#).row == expected)
    let strings = try row(#"{"chosen":"The sky is blue","rejected":"The sky is green"}"#)
    #expect(
      strings.row
        == .preference(
          chosen: .promptCompletion(prompt: "The sky is", completion: " blue"),
          rejected: .promptCompletion(prompt: "The sky is", completion: " green")))
  }

  @Test func aPromptBesideWholeConversationsIsAskedOnce() throws {
    let system = #"{"role":"system","content":"s"}"#
    let user = #"{"role":"user","content":"a"}"#
    func line(_ prompt: String, _ before: String) -> String {
      #"{"prompt":\#(prompt),"chosen":[\#(before),{"role":"assistant","content":"b"}],"#
        + #""rejected":[\#(before),{"role":"assistant","content":"c"}]}"#
    }
    let expected = Row.preference(
      chosen: chat([("system", "s"), ("user", "a"), ("assistant", "b")]),
      rejected: chat([("system", "s"), ("user", "a"), ("assistant", "c")]))

    #expect(try row(line(#""a""#, "\(system),\(user)")).row == expected)
    #expect(try row(line("[\(system),\(user)]", "\(system),\(user)")).row == expected)
    // Another question than the prompt: which one is asked?
    let other = #expect(throws: RowProblem.self) { try row(line(#""z""#, "\(system),\(user)")) }
    #expect(
      other?.description.contains("chosen: expected an answer") == true,
      "\(other?.description ?? "")")
  }

  /// Tables that were put together have every column in every row.
  @Test func keysThatAreNullAreNone() throws {
    let text = try row(#"{"text":"a","messages":null,"prompt":null,"chosen":null,"label":null}"#)
    let pair = try row(#"{"prompt":"a","completion":"b","messages":null,"input_ids":null}"#)
    let sides = try row(#"{"prompt":null,"chosen":"to be x","rejected":"to be y"}"#)

    #expect(text.row == .text("a") && text.ignoredKeys.isEmpty)
    #expect(pair.row == .promptCompletion(prompt: "a", completion: "b"))
    #expect(
      sides.row
        == .preference(
          chosen: .promptCompletion(prompt: "to be", completion: " x"),
          rejected: .promptCompletion(prompt: "to be", completion: " y")))
  }

  @Test func partsOfAMessageAreItsText() throws {
    func line(_ parts: String) -> String {
      #"{"messages":[{"role":"user","content":\#(parts)},{"role":"assistant","content":"b"}]}"#
    }
    let parts = try row(line(#"[{"type":"text","text":"a"},{"type":"text","text":"c"}]"#))

    #expect(parts.row == chat([("user", "ac"), ("assistant", "b")]))
    for (bad, said) in [
      (#"[{"type":"image_url","image_url":{"url":"x"}}]"#, "content[0] of type \"image_url\""),
      (#"[{"type":"text"}]"#, "a key 'text'"), (#"["a"]"#, "a part with type and text"),
    ] {
      let problem = #expect(throws: RowProblem.self) { try row(line(bad)) }
      #expect(problem?.description.contains(said) == true, "\(problem?.description ?? "")")
    }
  }

  @Test func whatIsAskedToBeLearntOfOthersIsCounted() throws {
    let loaded = try row(
      #"{"messages":[{"role":"user","content":"a","train":true,"weight":1},"#
        + #"{"role":"assistant","content":"b","train":true}]}"#)

    #expect(loaded.row == chat([("user", "a"), ("assistant", "b")]))
    #expect(loaded.ignoredKeys == ["messages.train (user)"])
  }

  @Test func aLabelThatIsTrueOrFalseJudgesTheCompletion() throws {
    let judged = try row(#"{"prompt":"a","completion":"b","label":false}"#)
    let classified = try row(#"{"prompt":"a","completion":"b","label":3}"#)

    let pair = Row.promptCompletion(prompt: "a", completion: "b")
    #expect(judged.row == .unpaired(pair, isDesirable: false))
    #expect(judged.ignoredKeys.isEmpty)
    #expect(classified.row == pair)
    #expect(classified.ignoredKeys == ["label"])
  }

  @Test func formatsAreCountedAsTheyCame() throws {
    let text = """
      {"instruction": "a", "output": "b"}
      {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
      {"prompt": "a", "completion": "b"}
      """
    let rows = try Support.withFile(text) { try RowReader.rows(path: $0) }
    var builder = ExampleBuilder(tokenizer: try Support.tokenizer(), maxLength: 100)

    let examples = try builder.examples(from: rows)

    #expect(examples.count == 3)
    #expect(examples.allSatisfy { $0.ids == examples[0].ids && $0.labels == examples[0].labels })
    #expect(builder.account.formats == [.alpaca: 1, .sharegpt: 1, .prompt: 1])
  }
}
