import Foundation
import SafeIO

/// The source files below a directory, and what is left out.
package struct SourceTree: Sendable {
  /// Why something is left out.
  package enum Skip: String, Sendable, CaseIterable {
    case directory = "directories that hold no sources of the project"
    case otherKind = "files that are no source code"
    case symbolicLink = "symbolic links"
    case tooLarge = "files that are too large"
    case binary = "files that are not UTF-8 text"
    case minified = "minified files"
    case generated = "generated files"
    case secret = "files with a secret"
    case copy = "copies of another file"
    case unreadable = "files that cannot be read"
  }

  /// Names of directories that hold what others wrote or what tools made.
  private static let skipped: Set<String> = [
    ".git", ".hg", ".svn", "node_modules", "bower_components", ".build", "build", "dist", "out",
    "target", "vendor", "third_party", "Pods", "Carthage", "DerivedData", ".venv", "venv",
    "__pycache__", ".tox", ".mypy_cache", "site-packages", ".gradle", ".idea", ".vscode",
    "coverage", ".next",
  ]
  private static let deepest = 64

  /// Paths below the root, in the order of their bytes.
  package private(set) var files: [String] = []
  package private(set) var skips: [Skip: Int] = [:]
  private let root: String

  /// Lists a tree; opens no file.
  ///
  /// Symbolic links are not followed: they could lead out of the tree.
  ///
  /// - Throws: `IOFailure` where `root` is no directory that can be listed.
  package init(root: String) throws {
    self.root = root
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root, isDirectory: &isDirectory) else {
      throw IOFailure(root, .notFound, failureClass: .dataset)
    }
    guard isDirectory.boolValue else {
      throw IOFailure(root, .notDirectory, failureClass: .dataset)
    }
    try list("", depth: 0)
    files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func list(_ folder: String, depth: Int) throws {
    let path = folder.isEmpty ? root : "\(root)/\(folder)"
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      // Below the root, a directory that may not be read is like a file that may not.
      guard !folder.isEmpty else { throw IOFailure.system("list", path) }
      return skips[.unreadable, default: 0] += 1
    }
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let child = folder.isEmpty ? name : "\(folder)/\(name)"
      var status = stat()
      guard lstat("\(root)/\(child)", &status) == 0 else {
        skips[.unreadable, default: 0] += 1
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK: skips[.symbolicLink, default: 0] += 1
      case S_IFDIR:
        if Self.skipped.contains(name) || depth >= Self.deepest {
          skips[.directory, default: 0] += 1
        } else {
          try list(child, depth: depth + 1)
        }
      case S_IFREG where CodeLanguage.of(child) != nil: files.append(child)
      default: skips[.otherKind, default: 0] += 1
      }
    }
  }
}
