import Datasets
import SafeIO
import Testing

/// Files as a whole, in the order of the catalogue of bad inputs.
@Suite struct RowFileTests {
  private func refusal(_ text: String, requiringOneFormat: Bool = false) throws -> DatasetError {
    try #require(throws: DatasetError.self) {
      try Support.withFile(text) {
        _ = try RowReader.rows(path: $0, requiringOneFormat: requiringOneFormat)
      }
    }
  }

  // D01
  @Test(arguments: ["", "\n", "\r\n \n\t\n", "\u{FEFF}"]) func aFileWithoutRowsIsRefused(
    _ text: String
  ) throws {
    let error = try refusal(text)

    #expect(error.code == "DATA.EMPTY")
    #expect(error.failureClass == .dataset)
    #expect(error.description.hasSuffix("rows.jsonl:1:1: the file has no rows"))
  }

  // D02
  @Test func aLastLineThatIsCutOffIsSaidToBe() throws {
    let error = try refusal("{\"text\":\"a\"}\n{\"text\":\"b")

    #expect(error.code == "DATA.JSON")
    #expect(error.description.contains("rows.jsonl:2:11: "), "\(error)")
    #expect(error.description.hasSuffix("the file may be cut off"))
  }

  // D05
  @Test func aLineWithoutEndIsRefused() throws {
    let long = #"{"text":""# + String(repeating: "a", count: RowReader.maxLineBytes) + "\"}\n"

    let error = try refusal("{\"text\":\"a\"}\n" + long)

    #expect(error.code == "DATA.LINE")
    #expect(error.description.hasSuffix("rows.jsonl:2:1: line longer than 16777216 bytes"))
  }

  // D08
  @Test func oneFormatCanBeInsistedOn() throws {
    let error = try refusal(
      "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"prompt\":\"a\",\"completion\":\"b\"}\n",
      requiringOneFormat: true)

    #expect(error.code == "DATA.SCHEMA")
    #expect(
      error.description.hasSuffix(
        "rows.jsonl:3:1: more than one row format: text from line 1, prompt from line 3"))
  }

  @Test func theFirstTwentyProblemsAreNamedAndTheOthersCounted() throws {
    let error = try refusal(
      "{\"text\":\"a\"}\n" + String(repeating: "{\"text\":1}\n", count: 23) + "x\n")

    #expect(error.code == "DATA.SCHEMA")
    #expect(error.description.hasSuffix("rows.jsonl:2:9: text: expected a string, found 1"))
    let hint = try #require(error.hint)
    #expect(hint.contains("23 more: 3:9 DATA.SCHEMA, 4:9 DATA.SCHEMA,"), "\(hint)")
    #expect(hint.hasSuffix("21:9 DATA.SCHEMA and 4 others."), "\(hint)")
  }

  @Test func aFileThatIsMissingIsNamed() throws {
    let error = try #require(throws: IOFailure.self) {
      try RowReader.rows(path: "/nowhere/rows.jsonl")
    }

    #expect(error.code == "IO.NOTFOUND")
  }

  // D12
  @Test func rowsThatRepeatAreCountedWithTheirLines() throws {
    func rows(_ texts: [String]) -> [LoadedRow] {
      texts.enumerated().map {
        LoadedRow(row: .text($0.element), path: "a", line: $0.offset + 1)
      }
    }

    let within = RowOverlap(within: rows(["a", "b", "a", "a"]))
    let across = RowOverlap(of: rows(["c", "b"]), with: rows(["a", "b"]))

    #expect(within.count == 2)
    #expect(within.examples.map { [$0.first.line, $0.second.line] } == [[1, 3], [1, 4]])
    #expect(across.count == 1)
    #expect(across.examples.map { [$0.first.line, $0.second.line] } == [[2, 2]])
  }

  @Test func aDirectoryKnowsItsFiles() throws {
    try Support.withDirectory { directory in
      try Support.write("", to: "\(directory)/train.jsonl")
      try Support.write("", to: "\(directory)/validation.jsonl")

      let dataset = try DatasetDirectory(path: directory)

      #expect(dataset.file(of: .train) == "\(directory)/train.jsonl")
      #expect(dataset.file(of: .valid) == "\(directory)/validation.jsonl")
      #expect(dataset.file(of: .test) == nil)
      let error = try #require(throws: DatasetError.self) { try dataset.requiredFile(of: .test) }
      #expect(error.description == "\(directory): has no test.jsonl")
      let single = try DatasetDirectory(path: "\(directory)/train.jsonl")
      #expect(single.file(of: .train) == "\(directory)/train.jsonl")
      #expect(single.file(of: .valid) == nil)
    }
    try Support.withDirectory { directory in
      let error = try #require(throws: DatasetError.self) { try DatasetDirectory(path: directory) }
      #expect(error.code == "DATA.MISSING")
    }
    #expect(throws: IOFailure.self) { try DatasetDirectory(path: "/nowhere") }
  }
}
