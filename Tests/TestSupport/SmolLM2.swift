import Foundation
package import SafeIO
package import Testing

extension Tag {
  /// Compares with what another implementation computed on a real model, or on data that is no part
  /// of the package; skipped where those are absent.
  @Tag package static var reference: Self
}

/// Where the real model lies, and what transformers computes with it.
package enum SmolLM2 {
  /// Why a test that needs the model is skipped.
  package static let whenAbsent: Comment =
    "checkpoints/smollm2/*.gguf is absent; scripts/get-model.sh smollm2 puts it there"

  /// What the project promises for this model: max|a − b| / max|b| at every position.
  package static let tolerance = 2e-4

  /// The reference that is no part of the package, from many more prompts and texts.
  package static let sharedReference = root.appendingPathComponent("../shared/reference/smollm2")
    .path

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The GGUF file; nil where there is none.
  package static let model: String? = {
    let folder = root.appendingPathComponent("checkpoints/smollm2").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().first { $0.hasSuffix(".gguf") }.map { "\(folder)/\($0)" }
  }()

  /// Whether both the model and the reference outside the package are there.
  package static let hasSharedReference =
    model != nil && FileManager.default.fileExists(atPath: "\(sharedReference)/logits.json")

  /// The GGUF file.
  package static func path() throws -> String { try #require(model, whenAbsent) }

  /// The items of a file of `Tests/Fixtures/SmolLM2`, if it was made from the model that is there.
  package static func items(_ name: String) throws -> [JSON] {
    let file = root.appendingPathComponent("Tests/Fixtures/SmolLM2/\(name).json").path
    let json = try JSON(parsingFile: file)
    let size = try #require(json["bytes"]?.int)
    let found = try InputFile(path: path()).size
    try #require(found == size, "the fixture was made from another file")
    return try #require(json["items"]?.array)
  }
}

extension JSON {
  /// The integers of an array.
  package var ints: [Int] { (array ?? []).compactMap(\.int) }

  /// The numbers of an array.
  package var doubles: [Double] { (array ?? []).compactMap(\.double) }
}
