import Adapters
import Dispatch
public import Models
public import Tokenization

/// A model that answers, on a thread of its own.
///
/// Requests are answered one after another; an answer whose caller is cancelled ends at the next token.
/// Each step is synchronous, so that nothing comes between reading and writing the cache.
public actor InferenceEngine {
  private let generator: BatchGenerator
  private let encoder: PromptEncoder?
  private let cache = SequenceCache()
  private let executor: QueueExecutor
  /// The model's tokenizer; nil where it has none.
  public nonisolated let tokenizer: Tokenizer?

  /// Where the engine works.
  ///
  /// Default actors that compute for long would keep others from their turn.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Loads a model, and an adapter around it.
  ///
  /// - Parameters:
  ///   - path: A Hugging Face directory or a GGUF file.
  ///   - adapter: A PEFT directory; one that says in `graft.json` that it has another base is refused.
  /// - Throws: What is wrong with the files.
  public init(modelPath path: String, adapterPath adapter: String? = nil) throws {
    let bundle = try ModelBundle(path: path)
    if let adapter {
      _ = try LoRAAdapter(
        path: adapter, attachingTo: bundle.model, verifying: bundle.fingerprint())
    }
    try self.init(bundle)
  }

  /// Takes over a model that is loaded, with whatever adapter is attached.
  public init(_ bundle: sending ModelBundle) throws {
    tokenizer = bundle.tokenizer
    encoder = bundle.tokenizer == nil ? nil : try PromptEncoder(bundle.tokenizer)
    generator = BatchGenerator(bundle)
    executor = QueueExecutor(label: "graft.inference")
  }

  /// The tokens of a conversation, up to where an assistant answers.
  ///
  /// - Throws: `InferenceError`; `TemplateError` if the template refuses the messages.
  public func encode(_ messages: [ChatMessage]) throws -> [Int] {
    guard let encoder else { throw InferenceError.noTokenizer("the prompt is text") }
    return try encoder.encode(messages)
  }

  /// The tokens of a text that is to be continued as it is, without the chat template.
  ///
  /// - Throws: `InferenceError.noTokenizer`.
  public func encode(continuing text: String) throws -> [Int] {
    guard let encoder else { throw InferenceError.noTokenizer("the prompt is text") }
    return encoder.encode(continuing: text)
  }

  /// Answers a request; what the last answer has in common with the prompt is not computed again.
  ///
  /// - Parameters:
  ///   - request: What to continue.
  ///   - onText: Called with each piece of text as it becomes certain.
  /// - Returns: The answer.
  /// - Throws: `InferenceError`.
  public func generate(
    _ request: GenerationRequest, onText: @Sendable (String) -> Void = { _ in }
  ) throws -> GenerationResult {
    try generator.generate(
      request, continuing: cache, isCancelled: { Task.isCancelled }, onText: onText)
  }
}

/// Runs an actor's jobs on a serial queue.
final class QueueExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
