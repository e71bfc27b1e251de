import ArgumentParser
import Foundation
import Inference
import Logging
import Models
import SafeIO
import Tokenization

/// `graft chat`: a conversation on the terminal.
struct Chat: AsyncParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Holds a conversation with a model on the terminal.",
    discussion: """
      Lines of stdin are messages; the answers go to stdout. Lines that begin with
      a slash are commands: /reset forgets the conversation, /system TEXT begins a
      new one with a system message, /quit or the end of the input ends it.

      Examples:
        graft chat --model smollm2
        graft chat --model smollm2 --adapter runs/first/adapter --temperature 0
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var numerics: NumericsOption

  @Option(help: "A system message.")
  var system: String?

  @OptionGroup var log: LogOptions

  var logLevel: Logger.Level { log.logLevel?.level ?? .info }

  func run() async throws {
    let served = try model.serve(numerics, sequences: 1)
    let encoder = try PromptEncoder(served.engine.tokenizer)
    guard served.engine.tokenizer?.chatTemplate != nil else { throw InferenceError.noChatTemplate }
    var conversation = Conversation(
      served: served, encoder: encoder, system: system,
      maxTokens: sampling.maxTokens, stops: sampling.stops,
      sampling: sampling.configuration(defaultTemperature: 0.7, seed: sampling.drawnSeed()))
    let isInteractive = isatty(STDIN_FILENO) == 1
    if isInteractive { StandardError.line("/reset, /system TEXT, /quit") }
    while !StandardOutput.isClosed {
      if isInteractive { StandardError.write("> ") }
      guard let line = readLine() else { break }
      if line.allSatisfy(\.isWhitespace) { continue }
      guard line.hasPrefix("/") else {
        try await say(line, in: &conversation)
        continue
      }
      let words = line.split(separator: " ", maxSplits: 1)
      switch words.first ?? "" {
      case "/quit": return
      case "/reset": conversation.reset()
      case "/system" where words.count == 2:
        conversation.system = String(words[1])
        conversation.reset()
      default:
        StandardError.line("'\(line.escapedForMessage())' is not /reset, /system TEXT or /quit.")
      }
    }
    if isInteractive { StandardError.line("") }
  }

  /// One turn; a conversation that does not fit goes on without it.
  private func say(_ text: String, in conversation: inout Conversation) async throws {
    do {
      let result = try await conversation.answer(text) { try StandardOutput.write($0) }
      try StandardOutput.line("")
      if result.finishReason == .length {
        Log.info("(cut at \(Quantity.count(result.tokens.count)) tokens)")
      }
    } catch let error as InferenceError {
      guard case .promptTooLong(let tokens, let context) = error else { throw error }
      StandardError.line(
        "The conversation has \(Quantity.count(tokens)) tokens, the model's context is "
          + "\(Quantity.count(context)). Your message was not sent; /reset begins anew.")
    }
  }
}

/// What was said.
struct Conversation {
  let served: ServedModel
  let encoder: PromptEncoder
  /// Takes effect with `reset`.
  var system: String?
  let maxTokens: Int
  let stops: [String]
  let sampling: SamplingConfiguration
  private var messages: [ChatMessage] = []
  private var turns: UInt64 = 0

  init(
    served: ServedModel, encoder: PromptEncoder, system: String?, maxTokens: Int,
    stops: [String], sampling: SamplingConfiguration
  ) {
    (self.served, self.encoder, self.system) = (served, encoder, system)
    (self.maxTokens, self.stops, self.sampling) = (maxTokens, stops, sampling)
    reset()
  }

  /// Forgets what was said; what the next prompt has in common with the last one is still not computed again.
  mutating func reset() {
    messages = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
  }

  /// Answers `text`; on an error, nothing was said.
  mutating func answer(_ text: String, onText: (String) throws -> Void) async throws
    -> GenerationResult
  {
    let asked = messages + [ChatMessage(role: "user", content: text)]
    var sampling = sampling
    // Another seed for every turn: the same random numbers would favour the same words.
    sampling.seed &+= turns
    let request = GenerationRequest(
      prompt: try encoder.encode(asked), maxTokens: maxTokens, sampling: sampling, stops: stops)
    let result = try await served.answer(
      served.request(request), isCancelled: { StandardOutput.isClosed }, onText: onText)
    turns += 1
    messages = asked + [ChatMessage(role: "assistant", content: result.text)]
    return result
  }
}
