import Foundation
public import ModelFiles
import Models
import SafeIO
public import Tokenization

/// A base model that answers many clients at once, each with the adapter that it asks for.
///
/// One thread of its own computes steps: a token for every answer, and a share of the prompts that have
/// come. Nothing about an answer depends on who else is being answered, on how prompts are cut, or on
/// what was computed before: the same request gives the same bits.
///
/// The engine must be kept while its tickets are read; when it goes, what is unfinished is cancelled.
public final class ServingEngine: Sendable {
  /// The model's tokenizer; nil where it has none.
  public let tokenizer: Tokenizer?
  /// The most tokens of a prompt and its answer together.
  public let context: Int
  /// Ids are below this.
  public let vocabularySize: Int
  /// Numbers of an embedding.
  public let hiddenSize: Int
  /// The tokens with which the model ends a text.
  public let endTokens: Set<Int>
  /// What the base is.
  public let fingerprint: ModelFingerprint
  /// The adapters that requests can ask for.
  public let adapters: AdapterRegistry
  /// How much it takes on at once.
  public let configuration: ServingConfiguration
  /// Tokens whose keys and values there is room for.
  public let cacheTokens: Int

  private let model: ServingModel
  private let mailbox = Mailbox()
  private let board = StatisticsBoard()

  /// Loads a model and starts the thread.
  ///
  /// - Parameters:
  ///   - path: A Hugging Face directory or a GGUF file.
  ///   - configuration: How much it takes on at once.
  /// - Throws: `InferenceError.option`; what is wrong with the files.
  public convenience init(
    modelPath path: String, configuration: ServingConfiguration = ServingConfiguration()
  ) throws {
    try self.init(
      ServingModel(path: path, numerics: configuration.numerics), configuration: configuration)
  }

  /// Serves a model that is loaded already.
  package init(_ model: ServingModel, configuration: ServingConfiguration) throws {
    try configuration.check()
    self.model = model
    self.configuration = configuration
    tokenizer = model.tokenizer
    context = model.configuration.maxPositions
    vocabularySize = model.configuration.vocabularySize
    hiddenSize = model.configuration.hiddenSize
    endTokens = Set(model.configuration.eosTokenIDs).union(model.tokenizer?.endOfSequence ?? [])
    fingerprint = try ModelFingerprint(of: model)
    adapters = AdapterRegistry(model: model, base: fingerprint)
    cacheTokens =
      configuration.cacheTokens
      ?? ServingConfiguration.cacheTokens(
        context: context, bytesPerToken: model.pageLayout.bytesPerToken,
        memory: ProcessInfo.processInfo.physicalMemory)
    nonisolated(unsafe) let worker = EngineWorker(
      model: model, base: fingerprint, endTokens: endTokens, configuration: configuration,
      cacheTokens: cacheTokens, mailbox: mailbox, board: board)
    // The worker is the thread's from here on.
    let thread = Thread { worker.run() }
    thread.name = "graft.serving"
    thread.stackSize = 8 << 20
    thread.start()
  }

  deinit { mailbox.shutDown() }

  /// What the engine is doing.
  public var statistics: ServingStatistics {
    var statistics = board.statistics
    statistics.waiting = mailbox.waiting
    return statistics
  }

  /// The model's sizes.
  package var modelConfiguration: TransformerConfiguration { model.configuration }

  /// The name and version of the arithmetic, as receipts give it.
  public var numerics: String { Self.numericsName(configuration.numerics) }

  /// The version goes up whenever the same request may give other bits.
  static func numericsName(_ numerics: ServingNumerics) -> String { "\(numerics.rawValue)/1" }

  /// Takes a request on, or refuses it; does not wait.
  ///
  /// - Parameter request: What is wanted.
  /// - Returns: A ticket whose events say what happens.
  /// - Throws: `InferenceError` for a request that cannot be answered; `AdmissionError` for one that is
  ///   too large, or that there is no place in the queue for.
  public func submit(_ request: ServingRequest) throws -> ServingTicket {
    try submit(request, .answer, nil)
  }

  /// Answers a request as a whole.
  ///
  /// - Parameter request: What is wanted.
  /// - Returns: The answer.
  /// - Throws: What `submit` throws, and `InferenceError` if the request failed.
  public func answer(_ request: ServingRequest) async throws -> ServingAnswer {
    try await submit(request).answer()
  }

  /// How probable the model finds a continuation of a prompt.
  ///
  /// - Parameters:
  ///   - continuation: The tokens to score.
  ///   - prompt: What comes before them; at least one token.
  ///   - settings: A request whose adapter, top log-probabilities (at least 1), deadline and client are
  ///     used; its prompt is not.
  /// - Returns: One score a token of the continuation.
  /// - Throws: What `answer` throws; `InferenceError.cancelled` when the time was over.
  public func score(
    _ continuation: [Int], after prompt: [Int],
    with settings: ServingRequest = ServingRequest(prompt: [])
  ) async throws -> [TokenScore] {
    if prompt.isEmpty { throw InferenceError.emptyPrompt }
    var request = settings
    request.prompt = prompt + continuation
    (request.maxTokens, request.minTokens, request.choices) = (0, 0, 1)
    request.topLogprobs = max(request.topLogprobs ?? 1, 1)
    let answer = try await submit(request, .score(from: prompt.count), nil).answer()
    let scores = answer.promptScores.suffix(continuation.count).compactMap { $0 }
    guard scores.count == continuation.count else { throw InferenceError.cancelled }
    return scores
  }

  /// The mean of a text's last hidden states, of length 1.
  ///
  /// - Parameters:
  ///   - tokens: The text.
  ///   - settings: A request whose adapter, deadline and client are used; its prompt is not.
  /// - Returns: `hiddenSize` numbers.
  /// - Throws: What `answer` throws; `InferenceError.cancelled` when the time was over.
  public func embed(_ tokens: [Int], with settings: ServingRequest = ServingRequest(prompt: []))
    async throws -> [Float]
  {
    var request = settings
    request.prompt = tokens
    (request.maxTokens, request.minTokens, request.choices) = (0, 0, 1)
    (request.scoresPrompt, request.usesPrefixCache) = (false, false)
    let result = EmbeddingResult()
    _ = try await submit(request, .embedding, result).answer()
    guard let vector = result.vector else { throw InferenceError.cancelled }
    return vector
  }

  /// Cancels all that is unfinished and takes on nothing more.
  public func shutDown() { mailbox.shutDown() }

  private func submit(
    _ request: ServingRequest, _ purpose: Submission.Purpose, _ embedding: EmbeddingResult?
  ) throws -> ServingTicket {
    try check(request)
    let buffer = EventBuffer()
    let submission = try mailbox.submit(limit: configuration.maxQueue) {
      Submission(
        id: $0, request: request, purpose: purpose, buffer: buffer, embedding: embedding)
    }
    return ServingTicket(id: submission.id, buffer: buffer, mailbox: mailbox)
  }
}

extension ModelFingerprint {
  /// The hashes of a model that is served; reads the weight files once more.
  init(of model: ServingModel) throws {
    try self.init(
      weights: ModelBundle.weightsHash(of: model.origin), tokenizer: model.tokenizer?.fingerprint,
      chatTemplate: model.tokenizer?.chatTemplate.map {
        FileHash.sha256(of: Array($0.source.utf8))
      })
  }
}
