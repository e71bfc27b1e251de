import Foundation
import SafeIO
import Testing

@Suite struct InspectLogitsTests {
  @Test func positionsHaveTheirIDAndTheLargestLogitsInOrder() throws {
    let report = try Fixture.json([
      "inspect", Fixture.model("llama-untied"), "--ids", "1,2,3", "--top", "20",
    ])

    let positions = try #require(report["positions"]?.array)
    #expect(positions.compactMap { $0["id"]?.int } == [1, 2, 3])
    for position in positions {
      let top = try #require(position["top"]?.array)
      let logits = top.compactMap { $0["logit"]?.double }
      #expect(logits.count == 20)
      #expect(Set(top.compactMap { $0["id"]?.int }).count == 20)
      #expect(logits == logits.sorted(by: >))
      #expect(logits.allSatisfy { Double(Float($0)) == $0 })
    }
  }

  /// Against transformers: Tests/Fixtures/Models/llama-untied/reference.safetensors, whose first array
  /// is read here byte by byte.
  @Test func aListInAFileGivesTheReference() throws {
    let path = Fixture.model("llama-untied")
    let reference = try JSON(parsingFile: "\(path)/reference.json")
    let ids = try #require(reference["documents"]?.array?.first?["input_ids"])
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    try Data(ids.serialized().utf8).write(to: scratch.url("ids.json"))

    let report = try Fixture.json([
      "inspect", path, "--ids", "@" + scratch.url("ids.json").path, "--top", "96",
    ])

    let expected = try referenceLogits("\(path)/reference.safetensors", "logits.0")
    let positions = try #require(report["positions"]?.array)
    #expect(positions.count == 23)
    for (row, position) in positions.enumerated() {
      let wanted = expected[row * 96..<(row + 1) * 96]
      let largest = wanted.map { abs($0) }.max() ?? 0
      let top = try #require(position["top"]?.array)
      #expect(top.count == 96)
      for entry in top {
        let id = try #require(entry["id"]?.int)
        let logit = try #require(entry["logit"]?.double)
        #expect(abs(logit - wanted[wanted.startIndex + id]) <= 1e-4 * largest)
      }
    }
  }

  @Test func theAdapterIsUsed() throws {
    let path = Fixture.model("llama-tied")
    let list = ["--ids", "1,2,3", "--top", "5"]
    let base = try Fixture.json(["inspect", path] + list)

    let adapted = try Fixture.json(["inspect", path, "--adapter", "\(path)/adapter"] + list)

    #expect(adapted["positions"]?.array?.count == 3)
    #expect(adapted != base)
  }

  @Test func peopleSeeTheTokensTexts() throws {
    let outcome = try CommandRunner.run([
      "inspect", Fixture.model("llama-bpe-tied"), "--ids", "1, 200", "--top", "2",
    ])

    #expect(outcome.exitCode == 0)
    #expect(outcome.output.contains("'<|im_start|>'"))
    #expect(outcome.output.split(separator: "\n").count == 5)
  }

  @Test(arguments: [
    ("1,2,96", "CFG.IDS_RANGE", "96 (number 3 of the list) is not in 0…95"),
    ("0,-1", "CFG.IDS_RANGE", "-1 (number 2 of the list) is not in 0…95"),
    ("1,,2", "CFG.IDS", "'' is not a token id"),
    ("1,2.5", "CFG.IDS", "'2.5' is not a token id"),
    ("99999999999999999999", "CFG.IDS", "'99999999999999999999' is not a token id"),
    ("[]", "CFG.IDS", "the list is empty"),
    ("@/nowhere/ids.json", "IO.NOTFOUND", "no such file"),
    (Array(repeating: "1", count: 129).joined(separator: ","), "CFG.IDS_COUNT", "129 ids"),
  ])
  func idsThatCannotBeComputedAreRefused(ids: String, code: String, text: String) throws {
    let outcome = try CommandRunner.run([
      "inspect", Fixture.model("llama-untied"), "--ids", ids, "--json",
    ])

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.hasPrefix("error[\(code)]: "), "\(outcome.error)")
    #expect(outcome.error.contains(text), "\(outcome.error)")
    #expect(try JSON(parsing: outcome.output)["error"]?["code"]?.string == code)
  }

  /// The numbers of one f32 array of a safetensors file.
  private func referenceLogits(_ path: String, _ name: String) throws -> [Double] {
    let bytes = try InputFile.contents(of: path, maxBytes: 1 << 22)
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSON(parsing: Array(bytes[8..<8 + length]))
    let range = try #require(header[name]?["data_offsets"]?.array).compactMap(\.int)
    return stride(from: 8 + length + range[0], to: 8 + length + range[1], by: 4).map { place in
      let bits = bytes[place..<place + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return Double(Float(bitPattern: bits))
    }
  }
}
