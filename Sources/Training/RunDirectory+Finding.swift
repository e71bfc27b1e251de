import Foundation
package import SafeIO

extension RunDirectory {
  /// Throws unless a run could be started or continued at `path`; changes nothing.
  ///
  /// - Parameters:
  ///   - path: Where there is nothing, an empty directory, or a run.
  ///   - restarts: Whether what a run wrote there may be removed.
  /// - Throws: `TrainingError.occupied`, `TrainingError.locked`; `IOFailure`.
  package static func requireUsable(_ path: String, restarts: Bool = false) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
    guard isDirectory.boolValue else { throw TrainingError.occupied(path: path) }
    let entries = try FileManager.default.contentsOfDirectory(atPath: path)
    let isFree = entries.allSatisfy {
      $0 == DirectoryLock.fileName || Leftovers.isLeftover($0)
    }
    guard isFree || isRun(path, mustGoOn: !restarts) else {
      throw TrainingError.occupied(path: path)
    }
    guard entries.contains(DirectoryLock.fileName) else { return }
    if try DirectoryLock(path: path) == nil {
      throw TrainingError.locked(path: path, process: DirectoryLock.holder(path: path))
    }
  }

  /// Whether a run of ours is at `path`: one that says what it is, or has a state that does.
  private static func isRun(_ path: String, mustGoOn: Bool) -> Bool {
    if let description = description(path), description["graft"] != nil {
      return !mustGoOn || description["identity"]?.object != nil
    }
    return !StepDirectories(path: "\(path)/state").steps.isEmpty
  }

  /// What `run.json` says, if there is one that can be read.
  static func description(_ path: String) -> JSONObject? {
    let file = "\(path)/run.json"
    guard let bytes = try? InputFile.contents(of: file, maxBytes: 16 << 20) else { return nil }
    return (try? JSON(parsing: bytes))?.object
  }

  /// What is found when a run is to go on.
  package struct Continuation {
    /// nil where no state was saved yet.
    package var state: TrainingState?
    /// Newer states that are not as they were written, and why.
    package var damages: [(step: Int, reason: String)]
  }

  /// The newest state that is as it was written.
  ///
  /// - Parameter identity: What the run is that asks.
  /// - Throws: `TrainingError.mismatch` when the run in the directory is another one;
  ///   `TrainingError.noState` when states were saved and none of them can be used.
  package func continuation(of identity: JSONObject) throws -> Continuation {
    if let before = found?["identity"]?.object { try requireSame(before, identity) }
    var damages: [(step: Int, reason: String)] = []
    for step in states.steps {
      do {
        let state = try TrainingState(path: states.path(of: step))
        try requireSame(state.identity, identity)
        return Continuation(state: state, damages: damages)
      } catch let damage as FileManifest.Damage {
        damages.append((step, damage.description))
      }
    }
    let saved = max(found?["saved_step"]?.int ?? 0, damages.first?.step ?? 0)
    guard saved == 0 else {
      throw TrainingError.noState(
        path: path, saved: saved, reason: damages.last?.reason ?? "\(states.path): empty")
    }
    return Continuation(state: nil, damages: [])
  }

  private func requireSame(_ before: JSONObject, _ now: JSONObject) throws {
    let differences = RunIdentity.differences(before: before, now: now)
    if !differences.isEmpty { throw TrainingError.mismatch(path: path, differences) }
  }
}
