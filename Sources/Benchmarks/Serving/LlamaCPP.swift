import Foundation
import SafeIO

/// Programs of llama.cpp, run on the same files.
enum LlamaCPP {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Tokens per second of `llama-bench` in one repetition of a prompt, or of decoding.
  static func tokensPerSecond(_ bench: String, model: String, threads: Int, _ test: [String]) throws
    -> Double
  {
    let output = try run(
      bench, ["-m", model, "-t", "\(threads)", "-r", "1", "-o", "json"] + test, keepsErrors: false)
    guard let json = try? JSON(parsing: Array(output.utf8)),
      let speed = json.array?.first?["avg_ts"]?.double
    else { throw Failure(description: "\(bench) wrote no JSON with 'avg_ts'.") }
    return speed
  }

  /// The perplexity that `llama-perplexity` finds in the first `windows` windows of a text.
  static func perplexity(
    _ program: String, model: String, text: String, length: Int, windows: Int, threads: Int
  ) throws -> Double {
    let output = try run(
      program,
      [
        "-m", model, "-f", text, "-c", "\(length)", "-b", "\(length)", "--chunks", "\(windows)",
        "-t",
        "\(threads)",
      ], keepsErrors: true)
    guard let place = output.range(of: "PPL = "),
      let value = Double(output[place.upperBound...].prefix { $0.isNumber || $0 == "." })
    else { throw Failure(description: "\(program) wrote no 'PPL = '.") }
    return value
  }

  private static func run(_ program: String, _ arguments: [String], keepsErrors: Bool) throws
    -> String
  {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = pipe
    if keepsErrors {
      process.standardError = pipe
    } else {
      process.standardError = FileHandle.nullDevice
    }
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(program) ended with status \(process.terminationStatus).")
    }
    return String(decoding: output, as: UTF8.self)
  }
}
