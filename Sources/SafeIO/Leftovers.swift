import Foundation

/// What a process that was killed leaves beside the things that it wrote: see `TemporaryName`.
package enum Leftovers {
  /// Whether `entry` is the name of something unfinished, or moved away for something new.
  package static func isLeftover(_ entry: String) -> Bool { owner(of: entry) != nil }

  /// Removes what is unfinished in a directory, and puts back what was moved away for nothing.
  ///
  /// - Parameters:
  ///   - path: The directory; nothing happens if there is none.
  ///   - isOurs: Whether a thing of this name was written by the caller, who has locked it.
  /// - Throws: `IOFailure`.
  package static func clear(
    in path: String, where isOurs: (_ name: String) -> Bool = { _ in true }
  ) throws {
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: path) else { return }
    for entry in entries.sorted() {
      guard let (name, suffix) = owner(of: entry), isOurs(name) else { continue }
      let wasMovedAway = suffix == "old" && !entries.contains(name)
      if wasMovedAway, rename("\(path)/\(entry)", "\(path)/\(name)") == 0 { continue }
      try remove("\(path)/\(entry)")
    }
  }

  /// Removes a file or a directory; one that is interrupted leaves nothing under that name.
  ///
  /// - Throws: `IOFailure`; nothing is thrown where there is nothing.
  package static func discard(_ path: String) throws {
    let away = TemporaryName.beside(path)
    guard rename(path, away) == 0 else {
      if errno == ENOENT { return }
      throw IOFailure.system("remove", path)
    }
    try remove(away)
  }

  private static func remove(_ path: String) throws {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw IOFailure.system("remove", path)
    }
  }

  /// What a temporary name stands for: `.NAME.tmp-PID-RANDOM` or `.NAME.old-PID-RANDOM`.
  private static func owner(of entry: String) -> (name: String, suffix: String)? {
    guard entry.hasPrefix("."), let dot = entry.lastIndex(of: ".") else { return nil }
    let name = entry[..<dot].dropFirst()
    let parts = entry[dot...].dropFirst().split(separator: "-", omittingEmptySubsequences: false)
    guard !name.isEmpty, parts.count == 3, parts[0] == "tmp" || parts[0] == "old",
      Int(parts[1]) != nil, UInt64(parts[2], radix: 36) != nil
    else { return nil }
    return (String(name), String(parts[0]))
  }
}
