import Datasets
import Foundation
import SafeIO
import Testing
import Tokenization

/// The loss receipt: every token in exactly one column.
@Suite struct ReceiptTests {
  private func chat(_ turns: [(String, String)]) -> Row {
    .messages(
      turns.map { ChatMessage(role: $0.0, content: $0.1) },
      trained: turns.map { $0.0 == "assistant" })
  }

  private func check(
    _ rows: [Row], maxLength: Int, _ overlong: ExampleBuilder.Overlong = .drop, raw: Bool = false,
    accepting: Bool = true
  ) throws -> CheckedSplit {
    let loaded = rows.enumerated().map {
      LoadedRow(row: $0.element, path: "a.jsonl", line: $0.offset + 1)
    }
    let builder = ExampleBuilder(
      tokenizer: try Support.tokenizer(), maxLength: maxLength, overlong: overlong,
      rawCompletions: raw)
    return try CheckedSplit(
      name: "train", RowFile(path: "a.jsonl", rows: loaded), builder: builder,
      purpose: accepting ? .anything : .answers)
  }

  // Counted by hand: 257 u s e r \n and so on, the byte tokenizer having one token a byte.
  @Test func everyTokenStandsInOneColumn() throws {
    let rows = [
      // 6 + "Hi" + 2, 11 + "Yes" + 2: prompt 2, supervised 4, template the rest of 26.
      chat([("user", "Hi"), ("assistant", "Yes")]),
      // "abc" and the end: the first token is given.
      .text("abc"),
      // 40 bytes and the end are too many.
      .text(String(repeating: "x", count: 40)),
    ]

    let account = try check(rows, maxLength: 30).account

    #expect(account.totalTokens == 26 + 4 + 41)
    #expect(account.supervisedTokens == 4 + 3)
    #expect(account.promptTokens == 2 + 1)
    #expect(account.templateTokens == 20)
    #expect(account.droppedTokens == 41)
    #expect(account.truncatedTokens == 0 && account.paddingTokens == 0)
    #expect(account.tokens == 30)
    #expect(account.examplesThatStop == 2)
  }

  @Test func aPairThatStopsIsOneRow() throws {
    let row = Row.preference(
      chosen: .promptCompletion(prompt: "a", completion: "b"),
      rejected: .promptCompletion(prompt: "a", completion: "c"))

    let account = try check([row], maxLength: 60).account

    #expect(account.examples == 1 && account.examplesThatStop == 1)
  }

  @Test func whatIsCutIsTruncatedAndItsRowsAreNamed() throws {
    let rows = [
      chat([("user", "Hi"), ("assistant", "Yes and no")]),
      // 24 tokens before the line feed that ends the template: nothing of the answer is lost.
      chat([("user", "Hi"), ("assistant", "Y")]),
      // The prompt alone fills the limit.
      chat([("user", "Hi there, how are you"), ("assistant", "Y")]),
    ]

    let split = try check(rows, maxLength: 23, .truncate)

    // 33 tokens, of which 21 go before the answer; 24, of which the last is cut; 43.
    let account = split.account
    #expect(account.totalTokens == 33 + 24 + 43)
    #expect(account.truncatedTokens == 10 + 1)
    #expect(account.droppedTokens == 43)
    #expect(account.supervisedTokens == 2 + 2)
    #expect(account.truncated == 2 && account.droppedLongPrompts == 1)
    #expect(account.rowsLosingTargets == 1 && account.truncatedTargets == 9)
    #expect(split.losing.map(\.line) == [1])
    #expect(account.examplesThatStop == 1)
  }

  @Test func anAccountThatDoesNotAddUpIsAnError() throws {
    let account = try check([.text("abc"), .text("de")], maxLength: 30).account
    try account.verify()

    let damages: [(String, WritableKeyPath<DataAccount, Int>)] = [
      ("tokens", \.supervisedTokens), ("tokens", \.promptTokens), ("tokens", \.templateTokens),
      ("tokens", \.paddingTokens), ("tokens", \.truncatedTokens), ("tokens", \.droppedTokens),
      ("tokens", \.totalTokens), ("tokens of examples", \.tokens), ("rows", \.examples),
      ("rows", \.rows), ("rows", \.refused), ("rows", \.droppedOverlong),
      ("rows", \.droppedLongPrompts),
    ]
    for (column, path) in damages {
      var damaged = account
      damaged[keyPath: path] += 1
      let error = #expect(throws: DatasetError.self) { try damaged.verify() }
      #expect(error?.code == "DATA.RECEIPT")
      #expect(error?.description.contains(" \(column), but ") == true, "\(path): \(error as Any)")
    }
  }

  @Test(arguments: ExampleBuilder.Overlong.allCases, [false, true])
  func columnsAddUpOnRandomRows(_ overlong: ExampleBuilder.Overlong, raw: Bool) throws {
    var generator = SplitMix64(seed: 11)
    func text() -> String {
      let letters = Array("ab é東\n <|im_end|>")
      return String(
        (0..<Int(generator.next(below: 40))).map { _ in
          letters[Int(generator.next(below: UInt64(letters.count)))]
        })
    }
    let rows: [Row] = (0..<400).map { _ in
      switch generator.next(below: 6) {
      case 0: return .text(text())
      case 1: return .promptCompletion(prompt: text(), completion: text())
      case 2: return chat([("system", text()), ("user", text()), ("assistant", text())])
      case 3:
        return .messages(
          ["user", "assistant", "user", "assistant"].map {
            ChatMessage(role: $0, content: text())
          }, trained: [false, generator.next(below: 2) == 0, false, true])
      case 4:
        let ids = Support.ids(text())
        return .tokens(ids: ids, labels: ids)
      default:
        let prompt = text()
        return .preference(
          chosen: .promptCompletion(prompt: prompt, completion: text() + "c"),
          rejected: .promptCompletion(prompt: prompt, completion: text() + "r"))
      }
    }

    let account = try check(rows, maxLength: 60, overlong, raw: raw).account
    let unlimited = try check(rows, maxLength: 1 << 20, raw: raw).account

    try account.verify()
    // The total does not depend on what is dropped; all that is learnt was there to be learnt.
    #expect(account.totalTokens == unlimited.totalTokens)
    #expect(account.totalTokens > 10_000 && account.supervisedTokens > 1000)
    #expect(unlimited.droppedTokens == 0 && unlimited.truncatedTokens == 0)
    #expect(unlimited.refused > 0)
    #expect(account.supervisedTokens < unlimited.supervisedTokens)
    #expect((account.truncatedTokens > 0) == (overlong == .truncate))
    #expect(account.droppedTokens > 0)
  }

  // transformers' own mask, by the {% generation %} blocks of the same template.
  @Test func supervisedTokensAreThoseOfTransformers() throws {
    let fixtures = "\(Support.packageRoot)/Tests/Fixtures"
    let json = try JSON(parsingFile: "\(fixtures)/Datasets/masks.json")
    let tokenizer = try Support.withDirectory { directory in
      try FileManager.default.copyItem(
        atPath: "\(fixtures)/Tokenization/tokenizer-smollm.json",
        toPath: "\(directory)/tokenizer.json")
      let configuration: JSON = [
        "eos_token": "<|im_end|>", "chat_template": json["template"] ?? nil,
      ]
      try Support.write(configuration.serialized(), to: "\(directory)/tokenizer_config.json")
      return try Tokenizer(directory: directory)
    }
    let items = try #require(json["items"]?.array)
    #expect(items.count == 6)

    for item in items {
      let line = (["messages": item["messages"] ?? nil] as JSON).serialized()
      let row = try RowReader.row(Array(line.utf8), line: 1, path: "a.jsonl")
      var builder = ExampleBuilder(tokenizer: tokenizer, maxLength: 4096)

      let side = try #require(try builder.tokenised(row).first)

      #expect(side.ids.map { Int($0) } == (item["ids"]?.array ?? []).compactMap(\.int))
      #expect(
        side.kinds.map { $0 == .supervised ? 1 : 0 }
          == (item["mask"]?.array ?? []).compactMap(\.int), "\(line)")
    }
  }

  @Test(.enabled(if: Support.sharedData != nil, "needs ../shared/data, which CI does not have"))
  func columnsAddUpOnRealRows() throws {
    let root = try #require(Support.sharedData)
    let builder = ExampleBuilder(
      tokenizer: try Support.tokenizer(), maxLength: 1000, overlong: .truncate)

    for name in ["clinical/mts_dialog", "code/mbpp", "legal/plain_english", "pretrain/tinystories"]
    {
      let files = try DatasetDirectory(path: "\(root)/\(name)").read()
      for part in files {
        var file = part.file
        file.rows = Array(file.rows.prefix(100))
        let split = try CheckedSplit(name: part.split.rawValue, file, builder: builder)
        let account = split.account
        let bytes = file.rows.reduce(0) { $0 + Self.contentBytes($1.row) }
        // One token a byte: what is not the template's is the rows' own text, turn ends apart.
        #expect(account.totalTokens > bytes, "\(name)")
        #expect(account.rows == file.rows.count && account.refused == 0, "\(name)")
      }
    }
  }

  private static func contentBytes(_ row: Row) -> Int {
    switch row {
    case .text(let text): text.utf8.count
    case .promptCompletion(let prompt, let completion): prompt.utf8.count + completion.utf8.count
    case .messages(let messages, _, _): messages.reduce(0) { $0 + $1.content.utf8.count }
    default: 0
    }
  }
}
