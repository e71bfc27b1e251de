import Foundation
import Inference
import SafeIO
import Server

/// What the flags of `graft serve` come to.
struct ServeSettings {
  var engine: ServingConfiguration
  var server: ServerConfiguration

  /// - Throws: What is wrong with the directories and files that are named.
  init(_ command: Serve) throws {
    engine = ServingConfiguration(
      numerics: command.numerics, cacheTokens: command.load.cacheTokens,
      maxSequences: command.load.maxSequences, maxQueue: command.load.maxQueue)
    server = ServerConfiguration()
    (server.host, server.port) = (command.host, command.port)
    server.limits = command.load.limits
    server.modelName = command.name ?? Self.modelName(command.model)
    server.adapterRoot = try command.adapters.map(Self.directory)
    server.runsRoot = try command.runs.map(Self.directory)
    server.keys = try command.apiKeyFile.map(Self.keys) ?? []
    server.adminKeys = try command.adminKeyFile.map(Self.keys) ?? []
    server.allowsAdapterAdministration = command.allowAdapterAdmin
    server.isLenient = command.lenient
  }

  /// Whether a name can stand in requests and in messages.
  static func isModelName(_ name: String) -> Bool {
    (1...128).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
  }

  /// The last part of a path, without `.gguf`; what cannot be a name is `graft`.
  private static func modelName(_ model: String) -> String {
    var name = URL(fileURLWithPath: model).lastPathComponent
    if name.hasSuffix(".gguf") { name.removeLast(5) }
    return isModelName(name) && name != "/" ? name : "graft"
  }

  private static func directory(_ path: String) throws -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw IOFailure(path, .notFound, failureClass: .usage)
    }
    guard isDirectory.boolValue else {
      throw IOFailure(path, .notDirectory, failureClass: .usage)
    }
    return path
  }

  /// The keys of a file: one a line, empty lines and those that begin with `#` left out.
  private static func keys(_ path: String) throws -> [String] {
    let bytes = try InputFile.contents(of: path, maxBytes: 1 << 20)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ServeError.keys(path: path, problem: "not UTF-8")
    }
    let lines = text.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    guard !lines.isEmpty else { throw ServeError.keys(path: path, problem: "no key in it") }
    for (index, key) in lines.enumerated() {
      guard (16...512).contains(key.utf8.count),
        key.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
      else {
        throw ServeError.keys(
          path: path, problem: "key \(index + 1) cannot be used; it is not shown here")
      }
    }
    return lines
  }
}
