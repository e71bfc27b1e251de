import Datasets
import Foundation
import SafeIO
import Testing

@Suite struct CorpusTokenizerTests {
  /// What is in both stores, documents as ids.
  private func tokenise(
    _ files: [(name: String, bytes: [UInt8])], valid: [String] = [], share: Double = 0,
    field: String? = nil
  ) throws -> (training: [[Int32]], heldOut: [[Int32]], account: CorpusAccount) {
    try Support.withDirectory { directory in
      for file in files {
        try Data(file.bytes).write(to: URL(fileURLWithPath: "\(directory)/\(file.name)"))
      }
      let names = files.map(\.name).filter { !valid.contains($0) }
      let account = try CorpusTokenizer(
        tokenizer: Support.tokenizer(), field: field, heldOutShare: share
      ).write(
        training: names.map { "\(directory)/\($0)" },
        validation: valid.map { "\(directory)/\($0)" },
        to: directory)
      func documents(_ name: String) throws -> [[Int32]] {
        let store = try TokenStore(path: "\(directory)/\(name).tokens")
        return try zip([0] + store.ends, store.ends).map { try store.ids($0..<$1) }
      }
      return (try documents("train"), try documents("valid"), account)
    }
  }

  private func tokenise(
    _ name: String, _ text: String, share: Double = 0, field: String? = nil
  ) throws -> (training: [[Int32]], heldOut: [[Int32]], account: CorpusAccount) {
    try tokenise([(name, Array(text.utf8))], share: share, field: field)
  }

  @Test func rowsAreDocumentsWithTheirEnd() throws {
    let found = try tokenise("a.jsonl", #"{"text": "one"}"# + "\n" + #"{"text": "two", "id": 7}"#)

    #expect(
      found.training == [
        Support.ids("one") + [Support.turnEnd], Support.ids("two") + [Support.turnEnd],
      ])
    #expect(found.account.bytes == 6 && found.account.tokens == 8)
    #expect(found.account.ignoredKeys == ["id": 1])
  }

  @Test func conversationsGoThroughTheTemplateAndNothingIsMasked() throws {
    let found = try tokenise(
      "a.jsonl",
      #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#)

    #expect(
      found.training == [
        [257] + Support.ids("user\na") + [258] + Support.ids("\n") + [257]
          + Support.ids("assistant\nb") + [258] + Support.ids("\n")
      ])
  }

  @Test func bytesThatAreNotTextAreLearntAndCounted() throws {
    let found = try tokenise([("a.txt", [0x61, 0xFF, 0xFE, 0x62])])

    #expect(found.training == [[0x61, 0xFF, 0xFE, 0x62, Support.turnEnd]])
    #expect(found.account.invalidBytes == 2)
  }

  @Test func aTextLongerThanAPieceIsSeveralDocumentsWithOneEnd() throws {
    let line = String(repeating: "x", count: 999) + "\n"
    let text = String(repeating: line, count: 100)

    let found = try tokenise("a.txt", text)

    #expect(found.training.flatMap { $0 } == Support.ids(text) + [Support.turnEnd])
    #expect(found.training.count == 4)
  }

  @Test func heldOutDocumentsAreChosenByTheirContent() throws {
    let rows = (0..<400).map { #"{"text": "document number \#($0)"}"# }
    let once = try tokenise("a.jsonl", rows.joined(separator: "\n"), share: 0.1)
    let twice = try tokenise(
      "a.jsonl", (rows + rows.reversed()).joined(separator: "\n"), share: 0.1)

    #expect((20...60).contains(once.heldOut.count))
    #expect(once.heldOut.count + once.training.count == 400)
    #expect(twice.heldOut.count == 2 * once.heldOut.count)
    #expect(Set(twice.heldOut) == Set(once.heldOut))
  }

  @Test func filesOfHeldOutTextReplaceTheShare() throws {
    let found = try tokenise(
      [("a.jsonl", Array(#"{"text": "in"}"#.utf8)), ("b.txt", Array("out".utf8))],
      valid: ["b.txt"], share: 0.5)

    #expect(found.training == [Support.ids("in") + [Support.turnEnd]])
    #expect(found.heldOut == [Support.ids("out") + [Support.turnEnd]])
  }

  @Test func aRowWithoutAnythingToLearnIsAnErrorWithItsLine() {
    #expect(throws: DatasetError.self) {
      try tokenise("a.jsonl", #"{"text": "x"}"# + "\n" + #"{"txt": "y"}"#)
    }
  }
}
