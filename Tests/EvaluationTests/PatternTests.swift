import Evaluation
import Foundation
import Testing

/// Answers with a form, and two files of answers beside each other.
@Suite struct PatternTests {
  private let pattern = #"SECTION: (?<section>[A-Z/]+)\nNOTE: (?<note>.+)"#

  private func score(_ answer: String, _ reference: String) throws -> PatternScore? {
    PatternScore(prediction: answer, reference: reference, try AnswerPattern(pattern))
  }

  @Test func groupsAreCompared() throws {
    let reference = "SECTION: FAM/SOCHX\nNOTE: Positive for stroke and sleep apnea."

    let same = try #require(try score(reference + "\n", reference))
    let other = try #require(
      try score("SECTION: GENHX\nNOTE: Positive for sleep apnea.", reference))
    let invalid = try #require(try score("SECTION: FAM/SOCHX\nNOTE: a\nb", reference))

    #expect(same.isMatch && same.equal == ["section": true, "note": true])
    #expect(same.rougeL["note"] == 1)
    #expect(other.isMatch && other.equal == ["section": false, "note": false])
    // rouge_score 0.1.2, rougeL without stemming: P 4/4, R 4/6.
    #expect(abs((other.rougeL["note"] ?? 0) - 0.8) < 1e-12)
    #expect(!invalid.isMatch && invalid.equal["section"] == false && invalid.rougeL["note"] == 0)
    #expect(try score("x", "a reference of another form") == nil)
  }

  @Test func groupsAreFoundByName() throws {
    #expect(try AnswerPattern(#"(?<a>x)(y)(?=z)(?<b>z)?"#).groups == ["a", "b"])
    #expect(throws: EvaluationError.self) { try AnswerPattern("(?<a>x") }
  }

  @Test func firstLineIsComparedWithoutSpacesAtItsEnd() {
    #expect(ExactMatch.isFirstLine("  let x = 1 \nrest", "  let x = 1\n}"))
    #expect(!ExactMatch.isFirstLine("let x = 1", "  let x = 1"))
    #expect(!ExactMatch.isFirstLine("", "x"))
    #expect(ExactMatch.isFirstLine(" \n", ""))
  }

  private func write(_ lines: [String]) throws -> String {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("graft-answers-\(UUID().uuidString).jsonl")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    return file.path
  }

  private func line(_ number: Int, _ reference: String, _ answer: String, _ key: String = "answer")
    -> String
  {
    #"{"line": \#(number), "reference": "\#(reference)", "\#(key)": "\#(answer)"}"#
  }

  @Test func answersArePairedByRow() throws {
    let a = try write([line(1, "x", "x"), line(2, "y", "n"), line(3, "z", "z")])
    let b = try write(
      [line(3, "z", "z", "adapter"), line(1, "x", "x", "adapter"), line(2, "y", "y", "adapter")])
    defer { for path in [a, b] { try? FileManager.default.removeItem(atPath: path) } }

    let comparison = try AnswerComparison(
      (a, AnswerFile(path: a)), (b, AnswerFile(path: b)), metrics: [.exactMatch],
      pattern: AnswerPattern("(?<letter>[xyz])"))

    #expect(comparison.rowCount == 3)
    #expect(
      comparison.figures
        == [.metric(.exactMatch), .patternMatch, .group("letter"), .groupRougeL("letter")])
    let exact = try #require(comparison.difference[.metric(.exactMatch)])
    #expect(abs(exact.interval.estimate - 1.0 / 3) < 1e-12 && exact.interval.lower == 0)
    #expect(comparison.first[.patternMatch]?.interval.estimate == 2.0 / 3)
    #expect(comparison.second[.group("letter")]?.interval.estimate == 1)
  }

  @Test func filesThatDoNotBelongTogetherAreRefused() throws {
    let a = try write([line(1, "x", "x"), line(2, "y", "n")])
    let fewer = try write([line(1, "x", "x")])
    let other = try write([line(1, "x", "x"), line(2, "Y", "n")])
    let missing = try write([line(1, "x", "x"), line(3, "y", "n")])
    let twice = try write([line(1, "x", "x"), line(1, "y", "n")])
    let broken = try write([line(1, "x", "x"), "{"])
    let empty = try write([])
    defer {
      for path in [a, fewer, other, missing, twice, broken, empty] {
        try? FileManager.default.removeItem(atPath: path)
      }
    }

    for path in [fewer, other, missing] {
      #expect(throws: EvaluationError.self) {
        try AnswerComparison((a, AnswerFile(path: a)), (path, AnswerFile(path: path)))
      }
    }
    for path in [twice, broken, empty] {
      #expect(throws: (any Error).self) { try AnswerFile(path: path) }
    }
    #expect(throws: EvaluationError.self) { try AnswerFile(path: a, system: "adapter") }
    #expect(throws: EvaluationError.patternMatchesNothing("q", rows: 2)) {
      let file = try AnswerFile(path: a)
      _ = try AnswerComparison((a, file), (a, file), pattern: AnswerPattern("q"))
    }
  }
}
