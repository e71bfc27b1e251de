import Datasets
import SafeIO
import Testing
import Tokenization

@Suite struct RowReaderTests {
  private func row(_ line: String) throws -> LoadedRow {
    try RowReader.row(Array(line.utf8), line: 7, path: "a.jsonl")
  }

  @Test func eachRowNamesItsOwnFormat() throws {
    let text = """
      {"text": "Once"}
      {"prompt": "a", "completion": "b"}
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
      {"input_ids": [1, 2], "labels": [-100, 2]}
      """

    let rows = try Support.withFile(text) { try RowReader.rows(path: $0) }

    #expect(
      rows.map(\.row) == [
        .text("Once"), .promptCompletion(prompt: "a", completion: "b"),
        .messages(
          [ChatMessage(role: "user", content: "a"), ChatMessage(role: "assistant", content: "b")],
          trained: [false, true]),
        .tokens(ids: [1, 2], labels: [-100, 2]),
      ])
    #expect(rows.map(\.line) == [1, 2, 3, 4])
  }

  @Test func keysThatNothingReadsAreListed() throws {
    let loaded = try row(#"{"id": 3, "text": "a", "source": "b"}"#)

    #expect(loaded.row == .text("a"))
    #expect(loaded.ignoredKeys == ["id", "source"])
  }

  @Test func answersCanBeLeftOutOfTraining() throws {
    let loaded = try row(
      #"{"messages": [{"role": "assistant", "content": "a", "weight": 0}, "#
        + #"{"role": "assistant", "content": "b", "train": false}, "#
        + #"{"role": "assistant", "content": "c", "weight": 1}, "#
        + #"{"role": "user", "content": "d", "train": true}]}"#)

    guard case .messages(_, let trained, _) = loaded.row else { return #expect(Bool(false)) }
    #expect(trained == [false, false, true, false])
  }

  @Test func answersInsideAConversationalPromptAreContext() throws {
    let loaded = try row(
      #"{"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "#
        + #""completion": [{"role": "assistant", "content": "c"}]}"#)

    guard case .messages(let messages, let trained, _) = loaded.row else {
      return #expect(Bool(false))
    }
    #expect(messages.map(\.content) == ["a", "b", "c"])
    #expect(trained == [false, false, true])
  }

  // D03 (byte order mark), D04
  @Test func marksCarriageReturnsBlankLinesAndLineSeparatorsAreNoObstacle() throws {
    let text = "\u{FEFF}{\"text\":\"a\"}\r\n\r\n  \n{\"text\":\"b\u{2028}c\"}\n"

    let rows = try Support.withFile(text) { try RowReader.rows(path: $0) }

    #expect(rows.map(\.row) == [.text("a"), .text("b\u{2028}c")])
    #expect(rows.map(\.line) == [1, 4])
  }

  // D16: control characters in escapes are text.
  @Test func escapedNULIsText() throws {
    #expect(try row(#"{"text":"a\u0000b"}"#).row == .text("a\u{0}b"))
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let line: String
    let code: String
    let place: String
    let says: String
    var testDescription: String { line }

    init(_ line: String, _ code: String, _ column: Int, _ says: String) {
      self.line = line
      self.code = code
      place = "a.jsonl:7:\(column): "
      self.says = says
    }
  }

  // Columns counted by hand: 1-based, of the value that is wrong.
  static let refusals: [Refusal] = [
    // D06
    Refusal(#"{"text":"a","text":"b"}"#, "DATA.DUPKEY", 13, "'text' occurs twice"),
    Refusal(
      #"{"messages":[{"role":"user","content":"a","content":"b"}]}"#, "DATA.DUPKEY", 43, "content"),
    // D07
    Refusal("[1]", "DATA.SCHEMA", 1, "expected an object, found an array"),
    Refusal("{}", "DATA.SCHEMA", 1, "found an empty object"),
    Refusal(#"{"id":1}"#, "DATA.SCHEMA", 1, "found only 'id'"),
    Refusal(#"{"messages":3}"#, "DATA.SCHEMA", 13, "messages: expected an array"),
    Refusal(#"{"messages":[]}"#, "DATA.SCHEMA", 13, "expected at least one message"),
    Refusal(
      #"{"messages":[{"role":"user","content":null}]}"#, "DATA.SCHEMA", 39,
      "messages[0].content: expected a string, found null"),
    Refusal(
      #"{"messages":[{"role":"user","content":5}]}"#, "DATA.SCHEMA", 39,
      "messages[0].content: expected a string, found 5"),
    Refusal(
      #"{"messages":[{"role":"user","content":["é"]}]}"#, "DATA.SCHEMA", 40,
      "messages[0].content[0]: expected a part with type and text, found 'é'"),
    Refusal(
      #"{"messages":[{"role":"robot","content":"a"}]}"#, "DATA.SCHEMA", 22,
      "messages[0].role: expected system, user, assistant or tool, found 'robot'"),
    Refusal(#"{"messages":[{"content":"a"}]}"#, "DATA.SCHEMA", 14, "expected a key 'role'"),
    Refusal(#"{"messages":[{"role":"user"}]}"#, "DATA.SCHEMA", 14, "expected a key 'content'"),
    Refusal(
      #"{"messages":[{"role":"assistant","content":"a","weight":0.5}]}"#, "DATA.SCHEMA", 57,
      "weight: expected 0 or 1"),
    Refusal(
      #"{"messages":[{"role":"assistant","content":"","parts":[{}]}]}"#, "DATA.SCHEMA", 55,
      "messages[0].parts cannot be trained on"),
    Refusal(
      #"{"messages":[{"role":"assistant","content":"","tool_calls":[1]}]}"#, "DATA.SCHEMA", 60,
      "messages[0].tool_calls: expected an array of objects"),
    Refusal(
      #"{"messages":[{"role":"user","content":"a"}],"tools":"[1]"}"#, "DATA.SCHEMA", 53,
      "tools: expected an array of objects, or a string that holds one"),
    Refusal(
      #"{"messages":[{"role":"user","content":"a"}],"chat_template_kwargs":{"messages":1}}"#,
      "DATA.SCHEMA", 68, "only further variables, found 'messages'"),
    Refusal(#"{"prompt":"a"}"#, "DATA.SCHEMA", 1, "expected a key 'completion'"),
    Refusal(
      #"{"prompt":"a","completion":null}"#, "DATA.SCHEMA", 1, "a key 'completion', found none"),
    Refusal(#"{"text":1}"#, "DATA.SCHEMA", 9, "text: expected a string, found 1"),
    Refusal(#"{"instruction":"a","output":1}"#, "DATA.SCHEMA", 29, "output: expected a string"),
    Refusal(
      #"{"instruction":"a","output":"b","history":[["c"]]}"#, "DATA.SCHEMA", 44,
      "history[0]: expected a pair of strings"),
    Refusal(#"{"conversations":[]}"#, "DATA.SCHEMA", 18, "conversations: expected at least one"),
    Refusal(
      #"{"conversations":[{"from":"narrator","value":"a"}]}"#, "DATA.SCHEMA", 27,
      "conversations[0].from: expected human, gpt, system or tool, found 'narrator'"),
    Refusal(
      #"{"conversations":[{"from":"human","value":"a","image":"b"}]}"#, "DATA.SCHEMA", 55,
      "conversations[0].image cannot be trained on"),
    Refusal(
      #"{"prompt":"a","completions":["b"],"labels":[true]}"#, "DATA.SCHEMA", 1,
      "a row of labelled steps cannot be trained on"),
    // D14
    Refusal(
      #"{"prompt":"a","chosen":"b","rejected":"b"}"#, "DATA.SCHEMA", 39,
      "rejected: expected another answer than chosen, found the same"),
    Refusal(#"{"prompt":"a","chosen":"b"}"#, "DATA.SCHEMA", 1, "expected a key 'rejected'"),
    Refusal(#"{"chosen":"b","rejected":"c"}"#, "DATA.SCHEMA", 26, "that begin alike"),
    // Pre-tokenised rows
    Refusal(#"{"input_ids":[1]}"#, "DATA.SCHEMA", 1, "expected a key 'labels'"),
    Refusal(#"{"labels":[1]}"#, "DATA.SCHEMA", 1, "expected a key 'input_ids'"),
    Refusal(
      #"{"input_ids":[1,2],"labels":[1]}"#, "DATA.SCHEMA", 29,
      "labels: expected as many as input_ids, 2, found 1"),
    Refusal(#"{"input_ids":[1,-1],"labels":[1,2]}"#, "DATA.SCHEMA", 17, "input_ids[1]: expected"),
    Refusal(#"{"input_ids":[1,1.0],"labels":[1,2]}"#, "DATA.SCHEMA", 17, "found 1.0"),
    Refusal(#"{"input_ids":[2147483648],"labels":[1]}"#, "DATA.SCHEMA", 15, "found 2147483648"),
    Refusal(#"{"input_ids":[1],"labels":[-5]}"#, "DATA.SCHEMA", 28, "a token id or -100, found -5"),
    Refusal(
      #"{"input_ids":[1],"labels":[1],"attention_mask":[0]}"#, "DATA.SCHEMA", 48, "found padding"),
    // D02, D16 and other malformed lines
    Refusal(#"{"text":"a}"#, "DATA.JSON", 12, "ends"),
    Refusal(#"{"text":"\ud800"}"#, "DATA.JSON", 10, "surrogate"),
    Refusal(#"{"text":}"#, "DATA.JSON", 9, "found '}'"),
    Refusal("hello", "DATA.JSON", 1, "found 'h'"),
    Refusal(String(repeating: "[", count: 100_000), "DATA.JSON", 65, "nested deeper than 64"),
  ]

  @Test(arguments: refusals) func rowsThatAreNoneAreRefusedWithTheirPlace(_ refusal: Refusal) throws
  {
    let problem = try #require(throws: RowProblem.self) { try row(refusal.line) }

    #expect(problem.code == refusal.code)
    #expect(problem.description.hasPrefix(refusal.place), "\(problem)")
    #expect(problem.description.contains(refusal.says), "\(problem)")
    #expect(!problem.description.contains("\n"))
  }

  // D03
  @Test func bytesThatAreNotUTF8AreRefusedWithTheirPlace() throws {
    let bytes: [UInt8] = Array(#"{"text":"a"#.utf8) + [0xFF] + Array(#""}"#.utf8)

    let problem = try #require(throws: RowProblem.self) {
      try RowReader.row(bytes, line: 2, path: "a.jsonl")
    }

    #expect(problem.code == "DATA.UTF8")
    #expect(problem.description == "a.jsonl:2:11: not UTF-8: byte 0xff cannot stand here")
  }

  // D03
  @Test(arguments: [[0xFF, 0xFE] as [UInt8], []]) func aFileInUTF16IsNamedOnce(_ mark: [UInt8])
    throws
  {
    let text = Array("{\"text\":\"a\"}\n{\"text\":\"b\"}\n".utf8)
    let bytes = mark + text.flatMap { [$0, 0] }

    let error = try #require(throws: DatasetError.self) {
      try Support.withFile(bytes) { _ = try RowReader.rows(path: $0) }
    }

    #expect(error.code == "DATA.UTF8")
    #expect(error.description.hasSuffix("rows.jsonl:1:1: the file is UTF-16, not UTF-8"))
  }
}
