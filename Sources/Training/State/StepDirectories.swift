import Foundation
import SafeIO

/// A folder of directories `step-N`, of which the last few are kept.
package struct StepDirectories {
  package let path: String

  package init(path: String) { self.path = path }

  /// The steps that are there, the newest first.
  package var steps: [Int] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return entries.filter { $0.hasPrefix("step-") }.compactMap { Int($0.dropFirst(5)) }
      .filter { $0 >= 0 }.sorted(by: >)
  }

  package func path(of step: Int) -> String { "\(path)/step-\(step)" }

  /// The directory of a step that is about to be written, in a folder that exists.
  package func newPath(of step: Int) throws -> String {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw IOFailure.system("create", path)
    }
    return path(of: step)
  }

  /// Removes all but the `count` newest up to `step`, which has just been written.
  ///
  /// Those beyond `step` were written before the run went back to an older state.
  package func prune(keeping count: Int, upTo step: Int) throws {
    let kept = steps.filter { $0 <= step }.prefix(max(count, 1))
    for old in steps where !kept.contains(old) { try Leftovers.discard(path(of: old)) }
  }
}
