import Foundation

/// The sizes and SHA-256 of all files of a directory, in a file that proves itself as well.
///
/// A file that is cut, changed in one bit or gone is found; so is a change of the manifest.
package enum FileManifest {
  package static let fileName = "manifest.json"
  private static let maxBytes = 1 << 20

  /// Why the files of a directory are not those that were written there.
  package enum Damage: Error, Equatable, CustomStringConvertible {
    case missing(file: String)
    case unreadable(file: String, reason: String)
    case manifest(file: String)
    case size(file: String, expected: Int, found: Int)
    case hash(file: String, expected: String, found: String)

    package var description: String {
      switch self {
      case .missing(let file): "\(file.escapedForMessage(limit: 1000)): missing"
      case .unreadable(let file, let reason):
        "\(file.escapedForMessage(limit: 1000)): cannot be read (\(reason.escapedForMessage()))"
      case .manifest(let file):
        "\(file.escapedForMessage(limit: 1000)): not as it was written"
      case .size(let file, let expected, let found):
        "\(file.escapedForMessage(limit: 1000)): \(found) bytes, expected \(expected)"
      case .hash(let file, let expected, let found):
        "\(file.escapedForMessage(limit: 1000)): SHA-256 \(found), expected \(expected)"
      }
    }
  }

  /// Writes the manifest of the files that are in the directory `path` now.
  ///
  /// - Throws: `IOFailure`.
  package static func write(to path: String) throws {
    var files: [(name: String, bytes: Int, hash: String)] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    where name != fileName {
      let file = "\(path)/\(name)"
      files.append((name, try InputFile(path: file).size, try FileHash.sha256(ofFile: file)))
    }
    try AtomicFile.write(Array(text(files).utf8), to: "\(path)/\(fileName)")
  }

  /// Throws unless every file that the manifest of `path` names is as it was written.
  package static func verify(_ path: String) throws(Damage) {
    for (name, bytes, hash) in try read(path) {
      let file = "\(path)/\(name)"
      let found = try reading(file) { try InputFile(path: file).size }
      guard found == bytes else { throw .size(file: file, expected: bytes, found: found) }
      let foundHash = try reading(file) { try FileHash.sha256(ofFile: file) }
      guard foundHash == hash else { throw .hash(file: file, expected: hash, found: foundHash) }
    }
  }

  private static func read(_ path: String) throws(Damage) -> [(String, Int, String)] {
    let file = "\(path)/\(fileName)"
    let bytes = try reading(file) { try InputFile.contents(of: file, maxBytes: maxBytes) }
    guard let entries = (try? JSON(parsing: bytes))?["files"]?.object else {
      throw .manifest(file: file)
    }
    var files: [(name: String, bytes: Int, hash: String)] = []
    for (name, entry) in entries {
      guard !name.contains("/"), let size = entry["bytes"]?.int,
        let hash = entry["sha256"]?.string
      else { throw .manifest(file: file) }
      files.append((name, size, hash))
    }
    // The text is a function of the entries: every byte of the file is checked by making it again.
    guard !files.isEmpty, bytes == Array(text(files).utf8) else { throw .manifest(file: file) }
    return files
  }

  private static func reading<Value>(_ file: String, _ body: () throws -> Value) throws(Damage)
    -> Value
  {
    do {
      return try body()
    } catch let failure as IOFailure where failure.reason == .notFound {
      throw .missing(file: file)
    } catch {
      throw .unreadable(file: file, reason: "\(error)")
    }
  }

  private static func text(_ files: [(name: String, bytes: Int, hash: String)]) -> String {
    var entries = JSONObject()
    for (name, bytes, hash) in files {
      entries[name] = ["bytes": JSON(bytes), "sha256": JSON(hash)]
    }
    let own = FileHash.sha256(of: Array(JSON(entries).serialized().utf8))
    let manifest: JSON = ["files": JSON(entries), "files_sha256": JSON(own)]
    return manifest.serialized(pretty: true) + "\n"
  }
}
