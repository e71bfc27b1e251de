import Foundation
import SafeIO

/// What a reader did with many mutants.
///
/// That it returned at all is the point: a trap ends the run.
package struct MutationRun {
  package private(set) var accepted = 0
  /// How often each error code was given.
  package private(set) var refused: [String: Int] = [:]
  /// Errors that are not meant for a user, by case number; there should be none.
  package private(set) var foreign: [UInt64: String] = [:]
  package private(set) var slowest: Duration = .zero
  package private(set) var slowestCase: UInt64 = 0

  /// How many mutants a test runs: `GRAFT_MUTANTS`, or 10^5.
  package static var count: Int {
    ProcessInfo.processInfo.environment["GRAFT_MUTANTS"].flatMap { Int($0) } ?? 100_000
  }

  /// The first case, `GRAFT_MUTANTS_FROM`, to look at one that ended a run.
  private static var first: UInt64 {
    ProcessInfo.processInfo.environment["GRAFT_MUTANTS_FROM"].flatMap { UInt64($0) } ?? 0
  }

  /// Reads mutants, `count` of them.
  ///
  /// Long runs say on standard error how far they are.
  package init(
    _ name: String, _ mutator: Mutator, count: Int = count, read: ([UInt8]) throws -> Void
  ) {
    for index in Self.first..<(Self.first + UInt64(count)) {
      if count > 1_000_000 && index % 500_000 == 0 {
        FileHandle.standardError.write(Data("\(name): case \(index)\n".utf8))
      }
      let mutant = mutator.mutant(index)
      let start = CPUTime.now
      do {
        try read(mutant)
        accepted += 1
      } catch let error as any UserFacingError {
        refused[error.code, default: 0] += 1
        if error.description.contains("\n") { foreign[index] = "more than a line: \(error)" }
      } catch {
        foreign[index] = "\(error)"
      }
      let time = CPUTime.now - start
      if time > slowest { (slowest, slowestCase) = (time, index) }
    }
  }
}
