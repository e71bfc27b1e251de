import Datasets
import Foundation
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

  @Test(
    arguments: [
      ([0x1F, 0x8B, 8, 0, 1, 2], "rows.jsonl", "compressed with gzip", "gunzip"),
      (Array("PAR1....".utf8), "rows.jsonl", "Parquet", "read_parquet"),
      ([0x50, 0x4B, 3, 4, 0], "rows.jsonl", "a zip archive", ".jsonl"),
      (
        Array("[\n  {\"text\": \"a\"},\n  {\"text\": \"b\"}\n]\n".utf8), "rows.json",
        "one JSON array", "jq"
      ),
      (Array("\u{FEFF} [{\"text\": \"a\"}]".utf8), "rows.json", "one JSON array", "jq"),
      (Array("prompt,completion\na,b\n".utf8), "rows.csv", "a table of csv", "read_csv"),
    ] as [([UInt8], String, String, String)])
  func anotherKindOfFileIsNamedOnce(
    _ bytes: [UInt8], _ name: String, _ kind: String, _ hint: String
  )
    throws
  {
    try Support.withDirectory { directory in
      let path = "\(directory)/\(name)"
      try Data(bytes).write(to: URL(fileURLWithPath: path))

      let error = try #require(throws: DatasetError.self) { _ = try RowReader.rows(path: path) }

      #expect(error.description.hasSuffix("\(name):1:1: the file is \(kind), not JSON Lines"))
      #expect(error.hint?.contains(hint) == true && error.hint?.contains("more:") == false)
    }
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
