import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Models
import SafeIO
import TensorCore
import Tokenization

/// The perplexity of the serving forward pass, exact and fast, beside llama.cpp's on the same windows.
struct PerplexityBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Perplexity of a text in both numerics, as llama-perplexity defines it.",
    discussion: """
      The text is cut into windows; of each the second half is scored.

      Examples:
        Benchmarks perplexity --model checkpoints/smollm2 --text wiki.txt --llama-perplexity llama-perplexity
      """)

  @OptionGroup var options: ReportOptions

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(help: "A text file.")
  var text: String

  @Option(help: "llama-perplexity, to be run on the same file.")
  var llamaPerplexity: String?

  @Option(help: "Tokens of a window.")
  var length = 512

  @Option(help: "Windows, from the start of the text.")
  var windows = 40

  func validate() throws {
    guard (4...8192).contains(length), (1...100_000).contains(windows) else {
      throw ValidationError("--length must be from 4 to 8192 and --windows from 1 to 100000.")
    }
  }

  func run() throws {
    options.start()
    let bytes = try InputFile.contents(of: text, maxBytes: 1 << 30)
    var figures: [Figure] = []
    for numerics in ServingNumerics.allCases {
      let loaded = try ServingModel(path: model, numerics: numerics)
      guard let tokenizer = loaded.tokenizer else {
        throw ValidationError("--model must have a tokenizer.")
      }
      let ids = tokenizer.encode(String(decoding: bytes, as: UTF8.self)).map { Int32($0) }
      guard ids.count >= length else {
        throw ValidationError("--text has \(ids.count) tokens, a window has \(length).")
      }
      let value = Serving(loaded, tokens: length).perplexity(ids, length: length, windows: windows)
      figures.append(
        Figure(name: numerics.rawValue, unit: "perplexity", values: [value], isRate: false))
    }
    if let llamaPerplexity {
      let value = try LlamaCPP.perplexity(
        llamaPerplexity, model: try ModelBundle.origin(of: model).path, text: text, length: length,
        windows: windows, threads: ThreadPool.shared.threadCount)
      for place in figures.indices {
        figures[place].references = [Figure.Reference(name: "llama.cpp", values: [value])]
      }
    }
    try options.report("perplexity", figures)
  }
}
