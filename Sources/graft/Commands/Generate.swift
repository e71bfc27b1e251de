import ArgumentParser
import Inference
import Logging
import Models
import SafeIO

/// `graft generate`: answers to one prompt or to a file of them.
struct Generate: AsyncParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answers one prompt, or every row of a JSONL file.",
    discussion: """
      Rows of --input have prompt, messages or input_ids; a last message by the
      assistant is what is to be generated, and left out. Rows of --output have
      the same keys, and completion, finish_reason and tokens. Finished rows are
      kept in OUTPUT.partial until all are there: the same command again goes on
      where one was stopped.

      Examples:
        graft generate --model smollm2 --prompt "Name three rivers."
        graft generate --model smollm2 --adapter runs/first/adapter \\
          --input test.jsonl --output answers.jsonl
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var numerics: NumericsOption
  @OptionGroup var reporting: ReportingOptions

  @Option(help: "The prompt.")
  var prompt: String?

  @Option(help: "A text file that is the prompt.", completion: .file())
  var promptFile: String?

  @Option(
    help: "A JSONL file with one prompt a row.", completion: .file(extensions: ["jsonl"]))
  var input: String?

  @Option(help: "The JSONL file to write; with --input.", completion: .file())
  var output: String?

  @Option(help: "A system message, where the conversation has none.")
  var system: String?

  @Flag(help: "Continue the text as it is, without the chat template.")
  var raw = false

  @Flag(inversion: .prefixedNo, help: "Print text as it comes (default: yes, unless --json).")
  var stream: Bool?

  @Flag(help: "Guess tokens from the text so far and check them; changes nothing but the speed.")
  var promptLookup = false

  @Flag(help: "With --input: begin again, although a run was stopped before its end.")
  var restart = false

  @Option(help: "Rows that are generated at the same time, 1 to 256.")
  var batchSize = 32

  func validate() throws {
    let sources = [("--prompt", prompt), ("--prompt-file", promptFile), ("--input", input)]
      .filter { $0.1 != nil }.map(\.0)
    guard sources.count == 1 else {
      throw ValidationError(
        sources.isEmpty
          ? "One of --prompt, --prompt-file and --input is needed."
          : "\(sources.joined(separator: " and ")) exclude each other.")
    }
    guard (input == nil) == (output == nil) else {
      throw ValidationError(
        input == nil ? "--output needs --input." : "--input needs --output.")
    }
    if input != nil, stream != nil {
      throw ValidationError("--stream and --no-stream are for a single prompt, not for --input.")
    }
    if restart && input == nil { throw ValidationError("--restart is for --input.") }
    if raw && system != nil {
      throw ValidationError("--system needs the chat template, not --raw.")
    }
    if stream == true && reporting.json {
      throw ValidationError("--stream and --json exclude each other.")
    }
    guard (1...256).contains(batchSize) else {
      throw ValidationError("--batch-size must be from 1 to 256, got \(batchSize).")
    }
  }

  var logLevel: Logger.Level { reporting.logLevel }

  func run() async throws {
    if let input, let output {
      try await GenerateRows(command: self, input: input, output: output).run()
    } else {
      try await answer(try prompt ?? Self.text(ofFile: promptFile ?? ""))
    }
  }

  private static func text(ofFile path: String) throws -> String {
    let bytes = try InputFile.contents(of: path, maxBytes: 16 << 20)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw GenerationInputError.notText(path: path)
    }
    return text
  }

  private func answer(_ text: String) async throws {
    let served = try model.serve(numerics)
    let seed = sampling.drawnSeed()
    let request = GenerationRequest(
      prompt: try PromptSource(system: system, isRaw: raw).tokens(text, served.engine.tokenizer),
      maxTokens: sampling.maxTokens,
      sampling: sampling.configuration(defaultTemperature: 0, seed: seed), stops: sampling.stops)
    var serving = served.request(request)
    serving.usesPromptLookup = promptLookup
    let streams = stream ?? !reporting.json

    Interruption.install()
    let start = ContinuousClock.now
    let result = try await served.answer(
      serving,
      isCancelled: { Interruption.isRequested || StandardOutput.isClosed },
      onText: { if streams { try StandardOutput.write($0) } })
    let seconds = (ContinuousClock.now - start).seconds

    if reporting.json {
      try JSONOutput.write(Self.json(result, seconds: seconds, seed: seed))
    } else {
      try StandardOutput.line(streams ? "" : result.text)
      report(result, seconds)
    }
    try Interruption.throwIfRequested()
  }

  private func report(_ result: GenerationResult, _ seconds: Double) {
    let rate = Quantity.rate(Double(result.tokens.count) / seconds, of: "tokens")
    Log.info(
      "\(Quantity.count(result.promptTokens)) + \(Quantity.count(result.tokens.count)) tokens in "
        + "\(Quantity.duration(seconds)), \(rate), ended by \(result.finishReason.rawValue)")
  }

  /// One answer; `tokens_per_second` counts generated tokens over the whole time, the prompt's included.
  static func json(_ result: GenerationResult, seconds: Double, seed: Int) -> JSON {
    [
      "text": JSON(result.text), "finish_reason": JSON(result.finishReason.rawValue),
      "prompt_tokens": JSON(result.promptTokens), "completion_tokens": JSON(result.tokens.count),
      "seconds": JSON(seconds),
      "tokens_per_second": JSON(Double(result.tokens.count) / max(seconds, 1e-9)),
      "seed": JSON(seed),
    ]
  }
}
