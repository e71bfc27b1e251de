import ArgumentParser
import SafeIO

/// What `graft tokenizer` reads, and where what it makes goes.
struct TokenizerRowOptions: ParsableArguments {
  private static let chunkBytes = 1 << 16

  @Option(help: "A directory with tokenizer.json, such a file, a .gguf file, or a model's name.")
  var tokenizer: String

  @Option(help: "A JSONL file.")
  var input: String

  @Option(help: "The file to write (default: stdout).")
  var output: String?

  @Flag(help: "Write one JSON object a row.")
  var json = false

  @OptionGroup var log: LogOptions

  /// Writes the line that `body` makes of each row.
  func forEachRow(_ body: (_ line: Int, _ row: JSON) throws -> String) throws {
    if let output {
      try AtomicFile.write(to: output) { sink in
        try lines(body) { try sink.write($0 + "\n") }
      }
      return
    }
    // One call of the system for many rows.
    var pending = ""
    do {
      try lines(body) { line throws(OutputFailure) in
        pending += line + "\n"
        if pending.utf8.count < Self.chunkBytes { return }
        try StandardOutput.write(pending)
        pending = ""
      }
    } catch let failure as OutputFailure {
      throw failure
    } catch {
      // The rows before a bad one are done.
      try StandardOutput.write(pending)
      throw error
    }
    try StandardOutput.write(pending)
  }

  private func lines(
    _ body: (Int, JSON) throws -> String, _ write: (String) throws -> Void
  ) throws {
    try JSONLines.forEach(path: input) { line, bytes in
      let row: JSON
      do throws(JSONError) {
        row = try JSON(parsing: bytes)
      } catch {
        throw TokenizerInputError.syntax(
          path: input, line: line, column: error.position.column, reason: error.explanation)
      }
      try write(body(line, row))
    }
  }
}
