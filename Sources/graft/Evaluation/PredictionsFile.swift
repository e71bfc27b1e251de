import Datasets
import Evaluation
import Foundation
import SafeIO

/// Every answer beside its reference, one JSON object a line.
struct PredictionsFile {
  private let path: String
  private let examples: [Example]
  private let base: Evaluator.Outcome?
  private let adapter: Evaluator.Outcome?

  /// The answers of these systems; ids are read from the file of the rows at `path`.
  init(
    rows path: String, examples: [Example], base: Evaluator.Outcome?, adapter: Evaluator.Outcome?
  ) {
    (self.path, self.examples, self.base, self.adapter) = (path, examples, base, adapter)
  }

  /// Throws unless a file can be written at `path`, so that nobody waits for a result that is lost.
  static func check(_ path: String) throws {
    let parent = (path as NSString).deletingLastPathComponent
    let folder = parent.isEmpty ? "." : parent
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory) else {
      throw IOFailure(folder, .notFound)
    }
    guard isDirectory.boolValue else { throw IOFailure(folder, .notDirectory) }
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      isDirectory.boolValue
    {
      throw IOFailure(path, .notRegular(found: "a directory"))
    }
    guard access(folder, W_OK) == 0 else {
      throw IOFailure(folder, .system(operation: "write to", number: errno))
    }
  }

  func write(to destination: String) throws {
    let ids = try rowIDs()
    try AtomicFile.write(to: destination) { sink in
      for (index, example) in examples.enumerated() {
        guard let answer = example.answer else { continue }
        let answers = [
          ("base", base?.rows[index].prediction), ("adapter", adapter?.rows[index].prediction),
        ]
        if answers.allSatisfy({ $0.1 == nil }) { continue }
        var object = JSONObject()
        object["id"] = ids[example.sourceLine]
        object["line"] = JSON(example.sourceLine)
        object["reference"] = JSON(answer)
        for case (let key, let text?) in answers { object[key] = JSON(text) }
        try sink.write(JSON(object).serialized() + "\n")
      }
    }
  }

  /// The ids of the rows that have one, by line.
  private func rowIDs() throws -> [Int: JSON] {
    var ids: [Int: JSON] = [:]
    try JSONLines.forEach(path: path, maxLineBytes: RowReader.maxLineBytes) { line, bytes in
      ids[line] = (try? JSON(parsing: bytes))?["id"]
    }
    return ids
  }
}
