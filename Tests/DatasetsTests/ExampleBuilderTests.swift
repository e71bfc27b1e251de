import Datasets
import SafeIO
import Testing
import Tokenization

@Suite struct ExampleBuilderTests {
  private let masked = Example.ignored
  private let end = Support.turnEnd
  private let start: Int32 = 257

  private func loaded(_ row: Row, line: Int = 1) -> LoadedRow {
    LoadedRow(row: row, path: "a.jsonl", line: line)
  }

  private func builder(
    maxLength: Int = 1000, overlong: ExampleBuilder.Overlong = .drop, raw: Bool = false,
    keepsPrompts: Bool = false
  ) throws -> ExampleBuilder {
    ExampleBuilder(
      tokenizer: try Support.tokenizer(), maxLength: maxLength, overlong: overlong,
      rawCompletions: raw, keepsPrompts: keepsPrompts)
  }

  private func chat(_ contents: [(String, String)], trained: [Bool]? = nil) -> Row {
    .messages(
      contents.map { ChatMessage(role: $0.0, content: $0.1) },
      trained: trained ?? contents.map { $0.0 == "assistant" })
  }

  private func header(_ role: String) -> [Int32] { [start] + Support.ids(role + "\n") }

  private func mask(_ count: Int) -> [Int32] { [Int32](repeating: masked, count: count) }

  @Test func onlyAnswersAndTheTokensThatEndThemAreLearnt() throws {
    var builder = try builder(keepsPrompts: true)
    let row = chat([("user", "Hi"), ("assistant", "Yes"), ("user", "?"), ("assistant", "No é")])

    let example = try #require(try builder.example(from: loaded(row, line: 4)))

    let first = header("user") + Support.ids("Hi") + [end] + Support.ids("\n") + header("assistant")
    let second =
      Support.ids("\n") + header("user") + Support.ids("?") + [end] + Support.ids("\n")
      + header("assistant")
    let yes = Support.ids("Yes") + [end]
    let no = Support.ids("No é") + [end]
    #expect(example.ids == first + yes + second + no + Support.ids("\n"))
    #expect(example.labels == mask(first.count) + yes + mask(second.count) + no + mask(1))
    #expect(example.supervisedCount == 10)
    #expect(example.targetBytes == 8)
    #expect(example.promptIDs == first + yes + second)
    #expect(example.answer == "No é")
    #expect(example.sourceLine == 4)
  }

  /// Many models are made for plain text only.
  @Test func conversationsNeedATemplateAndTextDoesNot() throws {
    func example(_ row: Row, raw: Bool = false) throws -> Example? {
      var builder = ExampleBuilder(
        tokenizer: try Support.tokenizer(isForChat: false), maxLength: 100, rawCompletions: raw)
      return try builder.example(from: loaded(row))
    }
    let pair = Row.promptCompletion(prompt: "a", completion: "b")

    for row in [chat([("user", "a"), ("assistant", "b")]), pair] {
      let problem = #expect(throws: RowProblem.self) { try example(row) }
      #expect(problem?.code == "DATA.TEMPLATE")
      #expect(problem?.description.contains("the model has none") == true)
      #expect(problem?.hint.contains("--raw-completions") == true)
    }
    #expect(try example(pair, raw: true) != nil)
    #expect(try example(.text("abc")) != nil)
  }

  @Test func answersOfWeightZeroAreContext() throws {
    var builder = try builder()
    let contents = [("user", "Hi"), ("assistant", "Yes"), ("user", "?"), ("assistant", "No")]

    let example = try #require(
      try builder.example(from: loaded(chat(contents, trained: [false, false, false, true]))))

    #expect(example.labels.filter { $0 != masked } == Support.ids("No") + [end])
  }

  // D11: the text stays text, and is counted.
  @Test func controlTokensInTextAreSpelledOut() throws {
    var builder = try builder()
    let row = chat([("user", "a<|im_end|>b"), ("assistant", "ok")])

    let example = try #require(try builder.example(from: loaded(row)))

    #expect(example.ids.count { $0 == end } == 2)
    #expect(builder.account.rowsWithSpecialText == 1)
  }

  @Test func promptAndCompletionAreATurnEachByDefault() throws {
    var builder = try builder()
    var other = try self.builder()

    let pair = try builder.example(
      from: loaded(.promptCompletion(prompt: "Hi", completion: "Yes")))
    let messages = try other.example(from: loaded(chat([("user", "Hi"), ("assistant", "Yes")])))

    #expect(pair == messages)
  }

  @Test func rawPromptAndCompletionAreConcatenated() throws {
    var builder = try builder(raw: true, keepsPrompts: true)

    let example = try #require(
      try builder.example(
        from: loaded(.promptCompletion(prompt: "The sky is", completion: " blue"))))

    #expect(example.ids == Support.ids("The sky is blue") + [end])
    #expect(example.labels == mask(10) + Support.ids(" blue") + [end])
    #expect(example.promptIDs == Support.ids("The sky is"))
    #expect(example.answer == " blue")
    #expect(example.targetBytes == 5)
  }

  @Test func everyTokenOfADocumentButTheFirstIsLearnt() throws {
    var builder = try builder()

    let example = try #require(try builder.example(from: loaded(.text("Once"))))

    #expect(example.ids == Support.ids("Once") + [end])
    #expect(example.labels == [masked] + Support.ids("nce") + [end])
    #expect(example.targetBytes == 3)
  }

  @Test func preTokenisedRowsStayAsTheyAre() throws {
    var builder = ExampleBuilder(tokenizer: nil, vocabularySize: 10, maxLength: 10)

    let example = try #require(
      try builder.example(from: loaded(.tokens(ids: [1, 2, 3], labels: [1, -100, 9]))))

    #expect(example.ids == [1, 2, 3])
    // The first label has nothing before it to be predicted from.
    #expect(example.labels == [-100, -100, 9])
    #expect(example.supervisedCount == 1)
  }

  @Test func idsBeyondTheVocabularyAreRefused() throws {
    var builder = ExampleBuilder(tokenizer: nil, vocabularySize: 10, maxLength: 10)

    let problem = try #require(throws: RowProblem.self) {
      try builder.example(from: loaded(.tokens(ids: [1, 2], labels: [1, 10]), line: 3))
    }

    #expect(problem.code == "DATA.SCHEMA")
    #expect(
      problem.description
        == "a.jsonl:3:1: labels[1]: token id 10 is not below the vocabulary's size, 10")
  }

  @Test func textWithoutATokenizerIsRefused() throws {
    var builder = ExampleBuilder(tokenizer: nil, vocabularySize: 10, maxLength: 10)

    let problem = try #require(throws: RowProblem.self) {
      try builder.example(from: loaded(.text("a")))
    }

    #expect(problem.code == "DATA.TOKENIZER")
  }

  // D09
  @Test func rowsWithNothingToLearnAreNamedTogether() throws {
    var builder = try builder()
    let rows = [
      loaded(chat([("user", "a"), ("assistant", "b")]), line: 1),
      loaded(chat([("user", "a"), ("assistant", " \n")]), line: 2),
      loaded(chat([("user", "a")]), line: 3),
      loaded(.promptCompletion(prompt: "a", completion: ""), line: 4),
      loaded(.text(""), line: 5),
      loaded(.tokens(ids: [1, 2], labels: [1, -100]), line: 6),
      loaded(chat([("user", "a"), ("assistant", "b")], trained: [false, false]), line: 7),
    ]

    let error = try #require(throws: DatasetError.self) { try builder.examples(from: rows) }

    guard case .rows(let problems, let total) = error else { return #expect(Bool(false)) }
    #expect(total == 6)
    #expect(problems.map(\.line) == [2, 3, 4, 5, 6, 7])
    #expect(problems.allSatisfy { $0.code == "DATA.NOSIGNAL" })
    #expect(
      error.description == "a.jsonl:2:1: nothing to learn from this row: every answer is empty")
    #expect(error.hint?.contains("5 more: 3:1 DATA.NOSIGNAL") == true)
  }

  // D10
  @Test func longRowsAreDroppedCutOrRefusedAndAlwaysCounted() throws {
    let short = loaded(.text("abc"))
    let long = loaded(.text("abcdefgh"), line: 2)
    // 257 u s e r \n and the end of turn, before the answer's header: no label below 10.
    let longPrompt = loaded(chat([("user", "abcdef"), ("assistant", "b")]), line: 3)

    var dropping = try builder(maxLength: 6)
    let kept = try dropping.examples(from: [short, long, longPrompt])
    var cutting = try builder(maxLength: 6, overlong: .truncate)
    let cut = try cutting.examples(from: [short, long, longPrompt])
    var refusing = try builder(maxLength: 6, overlong: .error)
    let error = try #require(throws: DatasetError.self) {
      try refusing.examples(from: [short, long, longPrompt])
    }

    #expect(kept.map(\.ids.count) == [4])
    #expect(dropping.account.droppedOverlong == 2)
    #expect(cut.map(\.ids) == [Support.ids("abc") + [end], Support.ids("abcdef")])
    #expect(cut[1].targetBytes == 5)
    #expect(cutting.account.truncated == 1)
    #expect(cutting.account.truncatedTargets == 3)
    #expect(cutting.account.droppedLongPrompts == 1)
    #expect(error.code == "DATA.LONG")
    #expect(error.description == "a.jsonl:2:1: 9 tokens, at most 6 are allowed")
  }

  @Test func aLimitThatLeavesNothingIsAnError() throws {
    var builder = try builder(maxLength: 2)

    let error = try #require(throws: DatasetError.self) {
      try builder.examples(from: [loaded(.text("abcdef"))])
    }

    #expect(error.code == "DATA.EMPTY")
  }

  @Test func theAccountAddsUp() throws {
    var builder = try builder(maxLength: 30)
    var row = loaded(.text("abc"))
    row.ignoredKeys = ["id"]
    let rows = [
      row, loaded(chat([("user", "a"), ("assistant", "b")])),
      loaded(.text(String(repeating: "x", count: 40))),
      loaded(.tokens(ids: [1, 2, 3], labels: [-100, 2, -100])),
    ]

    _ = try builder.examples(from: rows)

    let account = builder.account
    #expect(account.rows == 4)
    #expect(account.examples == 3)
    #expect(account.droppedOverlong == 1)
    // "abc" and the end; 257 user\n a 258 \n 257 assistant\n b 258 \n; three ids.
    #expect(account.tokens == 4 + 23 + 3)
    #expect(account.supervisedTokens == 3 + 2 + 1)
    #expect(account.targetBytes == 2 + 1 + 1)
    #expect(account.longest == 23)
    #expect(account.examplesThatStop == 2)
    #expect(account.formats == [.text: 2, .messages: 1, .tokens: 1])
    #expect(account.ignoredKeys == ["id": 1])
    #expect(account.json["ignored_keys"]?["id"]?.int == 1)
  }
}
