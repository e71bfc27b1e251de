import Foundation
import SafeIO
import Testing

/// Files under Tests/Fixtures, and what a command says of them.
enum Fixture {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func model(_ name: String) -> String {
    root.appendingPathComponent("Models/\(name)").path
  }

  /// The object that a command writes with `--json`, which must succeed.
  static func json(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws
    -> JSON
  {
    let outcome = try CommandRunner.run(arguments + ["--json"])
    #expect(outcome.exitCode == 0, "\(outcome.error)", sourceLocation: sourceLocation)
    #expect(outcome.output.hasSuffix("}\n"), sourceLocation: sourceLocation)
    return try JSON(parsing: outcome.output)
  }

  /// A copy of a model's directory that may be changed.
  static func copy(_ name: String, to scratch: ScratchDirectory) throws -> String {
    let target = scratch.url(name.replacingOccurrences(of: "/", with: "-"))
    try FileManager.default.copyItem(at: URL(fileURLWithPath: model(name)), to: target)
    return target.path
  }
}
