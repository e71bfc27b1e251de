import Foundation
import Inference
import SafeIO

/// What a run over rows has finished: a file beside the output that grows row by row, and that the same
/// command goes on from.
///
/// The first line says what the run was asked for.
final class RowJournal {
  /// What is kept of a row.
  struct Answer {
    var text: String
    var finishReason: String
    var tokens: [Int]

    init(_ result: GenerationResult) {
      (text, finishReason) = (result.text, result.finishReason.rawValue)
      tokens = result.tokens
    }

    init?(_ json: JSON) {
      guard let text = json["completion"]?.string, let reason = json["finish_reason"]?.string,
        let tokens = json["tokens"]?.array
      else { return nil }
      (self.text, finishReason) = (text, reason)
      self.tokens = tokens.compactMap(\.int)
      guard self.tokens.count == tokens.count else { return nil }
    }
  }

  let path: String
  /// The seed of the run, which may have been drawn when it began.
  let seed: Int
  /// Rows that were finished before.
  let known: [Int: Answer]
  private let file: AppendedFile

  /// Goes on with the journal of an output, or begins one.
  ///
  /// - Parameters:
  ///   - output: The output's path.
  ///   - settings: What the run is asked for, beside the seed.
  ///   - seed: The seed if it was given; that of the journal, or `drawnSeed`, otherwise.
  ///   - drawnSeed: The seed of a run that begins.
  ///   - restarts: Whether what was finished before is forgotten.
  /// - Throws: `GenerationInputError.otherRun` if the journal is of a run that was asked for something
  ///   else; `IOFailure`.
  init(output: String, settings: JSONObject, seed: Int?, drawnSeed: Int, restarts: Bool) throws {
    path = "\(output).partial"
    var found: Contents?
    if !restarts, FileManager.default.fileExists(atPath: path) {
      found = try Self.read(path, settings: settings, seed: seed)
    }
    self.seed = found?.seed ?? drawnSeed
    known = found?.answers ?? [:]
    file = try AppendedFile(path: path, cutTo: found?.byteCount ?? 0)
    if found == nil {
      var header = settings
      header["seed"] = JSON(self.seed)
      try file.append(JSON(header).serialized())
    }
  }

  /// Keeps a row that is finished.
  func add(_ row: Int, _ result: GenerationResult) throws {
    let line: JSON = [
      "row": JSON(row), "completion": JSON(result.text),
      "finish_reason": JSON(result.finishReason.rawValue), "tokens": JSON(result.tokens),
    ]
    try file.append(line.serialized())
  }

  /// Removes the journal of a run that is complete.
  func remove() throws { try FileManager.default.removeItem(atPath: path) }

  private struct Contents {
    var seed = 0
    var answers: [Int: Answer] = [:]
    var byteCount = 0
  }

  /// What stands in a journal, up to a last line that was not finished; nil where not even the first was.
  private static func read(_ path: String, settings: JSONObject, seed: Int?) throws -> Contents? {
    let bytes = try InputFile.contents(of: path, maxBytes: 1 << 32)
    var contents = Contents()
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      guard let json = try? JSON(parsing: Array(rest[..<end])), var object = json.object else {
        break
      }
      if contents.byteCount == 0 {
        contents.seed = object["seed"]?.int ?? 0
        object["seed"] = nil
        let differing = settings.keys.first { settings[$0] != object[$0] }
        if let differing { throw GenerationInputError.otherRun(path: path, what: differing) }
        if let seed, seed != contents.seed {
          throw GenerationInputError.otherRun(path: path, what: "seed")
        }
      } else {
        guard let row = object["row"]?.int, let answer = Answer(json) else { break }
        contents.answers[row] = answer
      }
      contents.byteCount = end + 1
      rest = rest[(end + 1)...]
    }
    return contents.byteCount == 0 ? nil : contents
  }
}
