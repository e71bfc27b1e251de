import Foundation
import ModelFiles
import SafeIO
import Testing

enum Fixture {
  /// A file of `Tests/Fixtures/ModelFiles`, made by `scripts/fixtures/modelfiles_fixtures.py`.
  static func path(_ name: String) -> String {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    return tests.appendingPathComponent("Fixtures/ModelFiles/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    try InputFile.contents(of: path(name), maxBytes: 1 << 24)
  }

  static func json(_ name: String) throws -> JSON { try JSON(parsingFile: path(name)) }
}

/// Runs `body` with a fresh directory that is gone afterwards.
func withTemporaryDirectory<R>(_ body: (String) throws -> R) throws -> R {
  let path = NSTemporaryDirectory() + "graft-test-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// The code of the error that `body` throws.
func code(of body: () throws -> Void) -> String {
  do {
    try body()
    return "accepted"
  } catch let error as any UserFacingError {
    #expect(!error.description.contains("\n"))
    return error.code
  } catch {
    return "\(error)"
  }
}
