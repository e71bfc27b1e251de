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
      $0 == DirectoryLock.fileName || $0 == tokens || Leftovers.isLeftover($0)
    }
    guard isFree || isRun(path, mustGoOn: !restarts) else {
      throw TrainingError.occupied(path: path)
    }
    guard entries.contains(DirectoryLock.fileName) else { return }
    if try DirectoryLock(path: path) == nil {
      throw TrainingError.locked(path: path, process: DirectoryLock.holder(path: path))
    }
  }

  /// Throws unless there is nothing at `path`, or an empty directory; changes nothing.
  package static func requireFree(_ path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
    guard isDirectory.boolValue,
      try FileManager.default.contentsOfDirectory(atPath: path).isEmpty
    else { throw TrainingError.occupied(path: path) }
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
    package var damages: [(step: Int, reason: String)] = []
    /// What differs from the run that was begun, and was accepted.
    package var accepted: [TrainingError.Change] = []
  }

  /// The newest state that is as it was written.
  ///
  /// - Parameters:
  ///   - identity: What the run is that asks.
  ///   - names: What may differ.
  /// - Returns: The state, and what a person should be told of the way to it.
  /// - Throws: `TrainingError.mismatch` when the run in the directory is another one;
  ///   `TrainingError.noState` when states were saved and none of them can be used.
  package func continuation(of identity: JSONObject, accepting names: [String] = []) throws
    -> Continuation
  {
    var damages: [(step: Int, reason: String)] = []
    for step in states.steps {
      do {
        let state = try TrainingState(path: states.path(of: step))
        let accepted = try changes(since: state.identity, identity, accepting: names)
        return Continuation(state: state, damages: damages, accepted: accepted)
      } catch let damage as FileManifest.Damage {
        damages.append((step, damage.description))
      }
    }
    let saved = max(found?["saved_step"]?.int ?? 0, damages.first?.step ?? 0)
    guard saved == 0 else {
      throw TrainingError.noState(
        path: path, saved: saved, reason: damages.last?.reason ?? "\(states.path): empty")
    }
    return Continuation(state: nil, accepted: try changes(to: identity, accepting: names))
  }

  /// What differs between the run that `run.json` describes and the one that asks.
  ///
  /// - Throws: `TrainingError.mismatch` for what is not accepted.
  package func changes(to identity: JSONObject, accepting names: [String] = []) throws
    -> [TrainingError.Change]
  {
    guard let before = found?["identity"]?.object else { return [] }
    return try changes(since: before, identity, accepting: names)
  }

  /// Throws if a part of the identity, known before the rest is, differs already.
  ///
  /// - Throws: `TrainingError.mismatch`.
  package func requireSame(_ part: JSONObject, accepting names: [String] = []) throws {
    guard let identity = found?["identity"]?.object else { return }
    var before = JSONObject()
    for key in part.keys { before[key] = identity[key] }
    _ = try changes(since: before, part, accepting: names)
  }

  private func changes(
    since before: JSONObject, _ now: JSONObject, accepting names: [String]
  ) throws -> [TrainingError.Change] {
    let changes = RunIdentity.differences(before: before, now: now)
    let accepted = RunIdentity.accepting(names)
    let refused = changes.filter { !accepted.contains($0.name) }
    if !refused.isEmpty { throw TrainingError.mismatch(path: path, refused) }
    return changes
  }
}
