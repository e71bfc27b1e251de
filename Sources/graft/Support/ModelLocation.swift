import Foundation
import SafeIO

/// Where the model that `--model` names lies on disk.
package struct ModelLocation: Sendable, Equatable {
  /// How a model is stored.
  package enum Layout: Sendable, Equatable {
    /// A directory with `config.json`, weights and a tokenizer.
    case directory
    /// One GGUF file.
    case gguf
  }

  /// The path of the directory or of the file.
  package let path: String
  package let layout: Layout

  /// Finds `argument`: a path, else a name in `./checkpoints`, else in `$GRAFT_HOME`.
  ///
  /// In `$GRAFT_HOME` (by default `~/.local/share/graft`), its folder `checkpoints` comes first.
  ///
  /// - Parameters:
  ///   - argument: What the person gave to `--model`.
  ///   - workingDirectory: Where `./checkpoints` is looked for.
  ///   - environment: Where `GRAFT_HOME` and `HOME` are looked for.
  /// - Returns: The place, which exists.
  /// - Throws: What was looked at, or what was found instead of a model.
  package static func resolve(
    _ argument: String, workingDirectory: String = ".",
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ModelLocationError) -> ModelLocation {
    var lookedAt = [argument]
    var stores = [workingDirectory == "." ? "checkpoints" : workingDirectory + "/checkpoints"]
    if let home = home(environment) { stores += [home + "/checkpoints", home] }
    let isName = !argument.isEmpty && !argument.contains("/") && argument != "." && argument != ".."
    if isName {
      lookedAt += stores.flatMap { ["\($0)/\(argument)", "\($0)/\(argument).gguf"] }
    }

    for path in lookedAt {
      Log.trace("looking for the model at \(path.escapedForMessage(limit: 1000))")
      if FileManager.default.fileExists(atPath: path) { return try examine(path) }
    }
    let known = stores.flatMap(names(in:))
    throw .notFound(
      argument, lookedAt: lookedAt, nearest: isName ? NearestName.of(argument, among: known) : nil)
  }

  /// `$GRAFT_HOME`, or what stands for it.
  private static func home(_ environment: [String: String]) -> String? {
    if let home = environment["GRAFT_HOME"], !home.isEmpty { return home }
    guard let home = environment["HOME"], !home.isEmpty else { return nil }
    return home + "/.local/share/graft"
  }

  private static func examine(_ path: String) throws(ModelLocationError) -> ModelLocation {
    var isDirectory: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    guard isDirectory.boolValue else {
      guard isGGUF(path) else { throw .notGGUF(path: path) }
      return ModelLocation(path: path, layout: .gguf)
    }
    let files: [String]
    do {
      files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw .unreadable(path: path)
    }
    if files.contains("config.json") { return ModelLocation(path: path, layout: .directory) }
    if files.contains("adapter_config.json") { throw .isAdapter(path: path) }
    let candidates = files.filter(isGGUF)
    switch candidates.count {
    case 0: throw .holdsNoModel(path: path)
    case 1: return ModelLocation(path: "\(path)/\(candidates[0])", layout: .gguf)
    default: throw .holdsSeveral(path: path, files: candidates)
    }
  }

  private static func isGGUF(_ name: String) -> Bool {
    name.lowercased().hasSuffix(".gguf")
  }

  /// What a person could have meant in `store`.
  private static func names(in store: String) -> [String] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: store)) ?? []
    return entries.sorted().filter { !$0.hasPrefix(".") && $0 != "README.md" }
      .map { isGGUF($0) ? String($0.dropLast(5)) : $0 }
  }
}
