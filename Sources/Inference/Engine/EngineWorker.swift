import ModelFiles
import TensorCore

/// The thread's side of a serving engine: takes requests from the mailbox and answers them, step by step.
///
/// Used by its one thread only.
final class EngineWorker {
  let model: ServingModel
  let base: ModelFingerprint
  let endTokens: Set<Int>
  let configuration: ServingConfiguration
  let pool: KeyValuePool
  let prefixes: PrefixCache
  let mailbox: Mailbox
  let board: StatisticsBoard
  var pacer: StepPacer
  private var queue = FairQueue<Submission>()
  /// In the order in which they were taken on.
  var running: [Job] = []
  /// Pages that the running requests may come to hold; never more than there are.
  private var committedPages = 0

  init(
    model: ServingModel, base: ModelFingerprint, endTokens: Set<Int>,
    configuration: ServingConfiguration, cacheTokens: Int, mailbox: Mailbox, board: StatisticsBoard
  ) {
    (self.model, self.base, self.endTokens) = (model, base, endTokens)
    (self.configuration, self.mailbox, self.board) = (configuration, mailbox, board)
    pool = model.makeCachePool(tokens: cacheTokens)
    prefixes = PrefixCache(pool, isEnabled: configuration.cachesPrefixes)
    pacer = StepPacer(stretch: configuration.stepStretch)
    publish()
  }

  /// Works until the mailbox says that it is over.
  func run() {
    while true {
      let delivery = mailbox.take(waiting: running.isEmpty && queue.count == 0)
      for submission in delivery.arrivals {
        queue.append(submission, client: submission.request.client)
      }
      if delivery.isShutDown { return endAll() }
      if !delivery.cancelled.isEmpty { cancel(Set(delivery.cancelled)) }
      expire()
      admit()
      if !running.isEmpty { step() }
      publish()
    }
  }

  // MARK: Coming and going

  /// Takes on those whose turn it is while there is room; nobody overtakes one who needs much.
  private func admit() {
    while let next = queue.first {
      let pages = Job.pages(
        next.request, pageTokens: pool.pageTokens, context: model.configuration.maxPositions)
      let sequences = running.reduce(0) { $0 + $1.request.choices }
      guard committedPages + pages <= pool.pageCount,
        sequences + next.request.choices <= configuration.maxSequences,
        let submission = queue.popFirst()
      else { return }
      mailbox.leaveQueue()
      committedPages += pages
      running.append(
        Job(
          submission, pool: pool, identity: identity(of: submission.request),
          context: model.configuration.maxPositions))
    }
  }

  /// Everything that keys and values depend on beside the tokens.
  private func identity(of request: ServingRequest) -> [String] {
    [
      base.weights, request.adapter?.sha256 ?? "", ServingEngine.numericsName(model.numerics),
      request.cacheSalt,
    ]
  }

  private func cancel(_ ids: Set<UInt64>) {
    for submission in queue.removeAll(where: { ids.contains($0.id) }) {
      drop(submission, .cancelled)
    }
    for job in running where ids.contains(job.submission.id) { end(job, .cancelled) }
    removeEnded()
  }

  private func expire() {
    let now = ContinuousClock.now
    func isOver(_ submission: Submission) -> Bool {
      submission.request.deadline.map { $0 <= now } ?? false
    }
    for submission in queue.removeAll(where: isOver) { drop(submission, .deadline) }
    for job in running where isOver(job.submission) { end(job, .deadline) }
    removeEnded()
  }

  private func endAll() {
    for submission in queue.removeAll(where: { _ in true }) { drop(submission, .cancelled) }
    for job in running { end(job, .cancelled) }
    removeEnded()
    publish()
  }

  /// Ends a request that was never begun.
  private func drop(_ submission: Submission, _ reason: FinishReason) {
    mailbox.leaveQueue()
    board.update { $0.cancelled += 1 }
    for choice in 0..<submission.request.choices {
      submission.buffer.send(.finished(choice: choice, reason: reason))
    }
    submission.buffer.send(
      .done(
        ServingUsage(
          promptTokens: submission.request.prompt.count, cachedTokens: 0, completionTokens: 0,
          acceptedTokens: 0, rejectedTokens: 0, receipt: receipt(submission.request))))
    submission.buffer.close()
  }

  /// Ends all that is unfinished of a request.
  private func end(_ job: Job, _ reason: FinishReason) {
    let begun = Set(job.choices.map(\.index))
    for choice in job.choices where choice.finishReason == nil {
      choice.end(reason)
      report(choice, of: job)
    }
    for index in 0..<job.request.choices where !begun.contains(index) {
      job.submission.buffer.send(.finished(choice: index, reason: reason))
    }
    board.update { $0.cancelled += 1 }
    close(job)
  }

  /// Sends what a choice has to say, and lets go of its pages if it has ended.
  func report(_ choice: Choice, of job: Job) {
    if let event = choice.event() { job.submission.buffer.send(event) }
    guard let reason = choice.finishReason, !choice.isReported else { return }
    choice.isReported = true
    job.submission.buffer.send(.finished(choice: choice.index, reason: reason))
    job.keep(choice, in: prefixes)
    choice.cache.release()
  }

  func complete(_ job: Job) {
    board.update { $0.completed += 1 }
    close(job)
  }

  private func close(_ job: Job) {
    job.submission.buffer.send(.done(job.usage(receipt(job.request))))
    finish(job)
  }

  func fail(_ job: Job, _ error: InferenceError) {
    board.update { $0.failed += 1 }
    job.submission.buffer.send(.failed(error))
    finish(job)
  }

  private func finish(_ job: Job) {
    job.submission.buffer.close()
    job.release()
    job.isEnded = true
    committedPages -= job.entitledPages
  }

  func removeEnded() { running.removeAll { $0.isEnded } }

  private func receipt(_ request: ServingRequest) -> Receipt {
    Receipt(
      base: base.weights, adapter: request.adapter?.sha256, tokenizer: base.tokenizer,
      template: base.chatTemplate, numerics: ServingEngine.numericsName(model.numerics),
      seed: request.sampling.seed)
  }

  private func publish() {
    board.update {
      $0.running = running.count
      $0.sequences = running.reduce(0) { $0 + $1.request.choices }
      ($0.freePages, $0.cachedPages) = (pool.freePages, prefixes.count)
      ($0.pages, $0.pageTokens) = (pool.pageCount, pool.pageTokens)
    }
  }
}
