import Datasets
import Testing

@Suite struct RowSplitTests {
  private func rows(_ texts: [String]) -> [LoadedRow] {
    texts.enumerated().map {
      LoadedRow(row: .text($0.element), path: "a.jsonl", line: $0.offset + 1)
    }
  }

  @Test func everyRowGoesToOnePartInFileOrder() {
    let all = rows((0..<200).map { "row \($0)" })

    let parts = RowSplit.parts(all, fraction: 0.1, seed: 5)
    let again = RowSplit.parts(all, fraction: 0.1, seed: 5)
    let other = RowSplit.parts(all, fraction: 0.1, seed: 6)

    #expect(parts.validation.count == 20)
    #expect(parts.training.count == 180)
    #expect((parts.training + parts.validation).map(\.line).sorted() == Array(1...200))
    #expect(parts.training.map(\.line) == parts.training.map(\.line).sorted())
    #expect(parts.training == again.training && parts.validation == again.validation)
    #expect(parts.validation != other.validation)
  }

  @Test func rowsThatRepeatStayTogether() {
    let all = rows((0..<300).map { "row \($0 % 30)" })

    let parts = RowSplit.parts(all, fraction: 0.2, seed: 1)

    #expect(parts.validation.count == 60)
    #expect(RowOverlap(of: parts.validation, with: parts.training).count == 0)
  }

  @Test func aRowMoreMovesHardlyAnyOther() {
    let before = rows((0..<200).map { "row \($0)" })
    let after = rows(["new"] + (0..<200).map { "row \($0)" })

    let first = Set(
      RowSplit.parts(before, fraction: 0.1, seed: 5).validation.map { "\($0.row)" })
    let second = Set(RowSplit.parts(after, fraction: 0.1, seed: 5).validation.map { "\($0.row)" })

    #expect(first.symmetricDifference(second).count <= 2)
  }

  @Test(arguments: [(1, 0), (2, 1), (3, 1)]) func trainingAlwaysKeepsARow(_ count: Int, _ held: Int)
  {
    let parts = RowSplit.parts(
      rows((0..<count).map { "row \($0)" }), fraction: 0.4, seed: 0)

    #expect(parts.validation.count == held)
    #expect(parts.training.count == count - held)
  }
}
