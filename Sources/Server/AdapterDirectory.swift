import Foundation
import HTTPTypes
import SafeIO

/// The adapters that may be loaded by name: directories directly below one root.
///
/// A name never becomes a path of its own: it must be one that the file system cannot read anything
/// else into, and what lies there must be no way out of the root.
struct AdapterDirectory: Sendable {
  /// The root without symbolic links, nil if there is none.
  let root: String?

  init(root: String?) { self.root = root.flatMap(Self.real) }

  /// Whether `name` can be an adapter's: letters, digits, `.`, `_`, `-`; the first a letter or digit.
  static func isName(_ name: String) -> Bool {
    name.isPlainName && !"._-".utf8.contains(name.utf8.first ?? 0)
  }

  /// The PEFT directory that `name` stands for: `ROOT/name`, or `ROOT/name/adapter` of a training run.
  ///
  /// - Throws: `APIError`: 403 without a root, 400 for what is no name, 404 where nothing lies.
  func path(of name: String, param: String) throws(APIError) -> String {
    guard let root else {
      throw APIError(
        .forbidden, type: "permission_error", code: "no_adapter_directory",
        "this server has no directory of adapters (--adapters)")
    }
    guard Self.isName(name) else {
      throw .value(
        param,
        "must be a name of 1 to 64 letters, digits, '.', '_' or '-' inside the server's "
          + "directory of adapters, not a path")
    }
    for candidate in ["\(root)/\(name)", "\(root)/\(name)/adapter"] {
      guard Self.real(candidate) == candidate, Self.isAdapter(candidate, inside: root) else {
        continue
      }
      return candidate
    }
    throw APIError(
      .notFound, code: "adapter_not_found", param: param,
      "the server's directory of adapters has none of this name")
  }

  /// The names of all adapters that lie below the root, in order.
  var available: [String] {
    guard let root, let names = try? FileManager.default.contentsOfDirectory(atPath: root) else {
      return []
    }
    return names.sorted().filter { (try? path(of: $0, param: "name")) != nil }
  }

  /// Whether a directory has an adapter's configuration, and its files lie where they seem to.
  private static func isAdapter(_ path: String, inside root: String) -> Bool {
    guard real("\(path)/adapter_config.json") == "\(path)/adapter_config.json" else { return false }
    for file in ["adapter_model.safetensors", "graft.json"] {
      let file = "\(path)/\(file)"
      if let real = real(file), real != file { return false }
    }
    return true
  }

  /// The path without symbolic links, nil if nothing lies there.
  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(validatingCString: resolved)
  }
}
