import Datasets
import Foundation
import Models
import Testing
import Verification

/// A tiny model and rows of random tokens.
enum Fixture {
  static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/Models")

  static func model(_ name: String = "llama-bpe-tied") throws -> DecoderLM {
    try ModelBundle(path: models.appendingPathComponent(name).path).model
  }

  /// Rows of other lengths, whose last thirds are learnt.
  static func examples(_ lengths: [Int] = [24, 13, 31, 9], below vocabulary: Int = 320)
    -> [Example]
  {
    lengths.enumerated().map { row, length in
      let ids = (0..<length).map {
        Int32((3 + ($0 * $0 * 7 + $0 * 5 + row * 31) % 290) % vocabulary)
      }
      let labels = ids.enumerated().map { $0.offset < length * 2 / 3 ? -100 : $0.element }
      return Example(
        ids: ids, labels: labels, targetBytes: length, promptIDs: [], answer: nil,
        sourceLine: row + 1)
    }
  }

  /// The result of one check, with procedures that `damage` changed.
  static func result(
    _ check: VerificationCheck, adapter: String? = nil,
    damage: (inout Procedures) -> Void = { _ in }
  ) throws -> VerificationResult {
    var procedures = Procedures()
    damage(&procedures)
    let verifier = try Verifier(
      model(), adapterPath: adapter, examples: examples(), procedures: procedures)
    return try verifier.run([check])[0]
  }

  /// Expects that a check passes, and fails where `damage` has changed the procedures.
  static func expectCaught(
    _ check: VerificationCheck, sourceLocation: SourceLocation = #_sourceLocation,
    damage: (inout Procedures) -> Void
  ) throws {
    let honest = try result(check)
    let damaged = try result(check, damage: damage)

    #expect(honest.verdict == .proven, "\(honest)", sourceLocation: sourceLocation)
    #expect(damaged.verdict == .failed, "\(damaged)", sourceLocation: sourceLocation)
  }
}
