import Foundation
import SafeIO

/// What a path holds, judged by names and by the first bytes of a file.
struct InspectionSubject: Equatable {
  enum Kind: String {
    case model, gguf, safetensors, weights, adapter, tokenizer, run
  }

  let kind: Kind
  let path: String

  /// Finds what `argument` means: a path, else the name of a model.
  ///
  /// - Throws: `ModelLocationError` where there is nothing, `InspectionError` where there is nothing
  ///   that is known.
  init(_ argument: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: argument, isDirectory: &isDirectory) else {
      let location = try ModelLocation.resolve(argument)
      self.init(location.layout == .gguf ? .gguf : .model, location.path)
      return
    }
    self = isDirectory.boolValue ? try Self.directory(argument) : try Self.file(argument)
  }

  private init(_ kind: Kind, _ path: String) { (self.kind, self.path) = (kind, path) }

  private static func directory(_ path: String) throws -> InspectionSubject {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw ModelLocationError.unreadable(path: path)
    }
    let signs: [(String, Kind)] = [
      ("config.json", .model), ("adapter_config.json", .adapter), ("run.json", .run),
      ("metrics.jsonl", .run), ("model.safetensors", .weights),
      ("model.safetensors.index.json", .weights), ("tokenizer.json", .tokenizer),
    ]
    for (name, kind) in signs where names.contains(name) { return Self(kind, path) }
    let files = names.filter { $0.lowercased().hasSuffix(".gguf") || $0.hasSuffix(".safetensors") }
    guard files.count <= 1 else { throw InspectionError.ambiguous(path: path, files: files) }
    guard let file = files.first else { throw InspectionError.unknownKind(path: path) }
    return try Self.file("\(path)/\(file)")
  }

  private static func file(_ path: String) throws -> InspectionSubject {
    let file = try InputFile(path: path)
    let start = try file.read(offset: 0, count: min(4, file.size))
    if start == Array("GGUF".utf8) || path.lowercased().hasSuffix(".gguf") {
      return Self(.gguf, path)
    }
    if path.hasSuffix(".safetensors") { return Self(.safetensors, path) }
    let name = (path as NSString).lastPathComponent
    let parent = (path as NSString).deletingLastPathComponent
    let folder = parent.isEmpty ? "." : parent
    switch name {
    case "config.json": return Self(.model, folder)
    case "adapter_config.json": return Self(.adapter, folder)
    case "run.json", "metrics.jsonl": return Self(.run, folder)
    case "model.safetensors.index.json": return Self(.weights, folder)
    default:
      guard name.hasSuffix(".json") else { throw InspectionError.unknownKind(path: path) }
      return Self(.tokenizer, path)
    }
  }
}
