import ModelFiles
import TensorCore

extension EngineWorker {
  /// What one sequence has in a step.
  private enum Part {
    /// The last token of a choice, and guesses that follow it.
    case answer(Job, Choice, guesses: [Int])
    /// Tokens of a prompt from a place on.
    case prompt(Job, start: Int, count: Int)

    var job: Job {
      switch self {
      case .answer(let job, _, _), .prompt(let job, _, _): job
      }
    }
  }

  /// Logits that a choice takes tokens from.
  private struct Work {
    let choice: Choice
    let logits: UnsafeBufferPointer<Float>
    let guesses: [Int]
  }

  /// The most guesses of a choice, and rows of answers and guesses together.
  private static let guessLimit = (each: 7, all: 24)
  /// The most rows of a prompt whose logits are all wanted.
  private static let scoredRows = 64
  /// The most prompts that are computed at the same time; those behind wait for one of them.
  private static let prompts = 8

  /// One token for every answer, and a share of the prompts.
  func step() {
    let start = ContinuousClock.now
    var parts = answerParts()
    let answers = parts.reduce(0) { $0 + rowCount($1) }
    parts += promptParts(besides: answers)
    for part in parts {
      let sequence = sequenceRows(part)
      prefixes.makeRoom(sequence.cache.pagesNeeded(for: sequence.tokens.count))
      // Cannot fail: what is committed is never more than there is.
      guard part.job.isEnded || sequence.cache.reserve(sequence.tokens.count) else {
        fail(part.job, .cacheExhausted)
        continue
      }
    }
    parts.removeAll { $0.job.isEnded }
    let rows = parts.map(sequenceRows)
    guard !rows.isEmpty else { return removeEnded() }

    let output = model.step(rows)
    let generated = take(output, parts, rows)
    for part in parts where !part.job.isEnded { settle(part.job) }
    removeEnded()

    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let prompts = parts.reduce(0) {
      if case .prompt(_, _, let count) = $1 { $0 + count } else { $0 }
    }
    pacer.note(answers: answers, promptRows: prompts, seconds: seconds)
    board.update {
      $0.steps += 1
      $0.promptTokens += UInt64(prompts)
      $0.generatedTokens += UInt64(generated.tokens)
      $0.acceptedTokens += UInt64(generated.accepted)
      $0.busySeconds += seconds
      $0.lastStepSeconds = seconds
    }
  }

  // MARK: What goes into the step

  private func answerParts() -> [Part] {
    let answering = running.flatMap { job in
      job.choices.filter { $0.finishReason == nil }.map { (job, $0) }
    }
    guard !answering.isEmpty else { return [] }
    let guesses = min(Self.guessLimit.each, max(0, Self.guessLimit.all / answering.count - 1))
    return answering.map { .answer($0, $1, guesses: $1.guess(guesses)) }
  }

  /// Shares the rows that the step has for prompts among the first few of them, evenly; what short ones
  /// leave goes to long ones.
  private func promptParts(besides answers: Int) -> [Part] {
    var open: [Job] = []
    var claimed: Set<String> = []
    for job in running where job.promptLeft > 0 && open.count < Self.prompts {
      if configuration.cachesPrefixes {
        let before = job.cachedTokens
        job.reuse(prefixes)
        let reused = job.cachedTokens - before
        if reused > 0 { board.update { $0.cachedTokens += UInt64(reused) } }
        // Another one computes the same page in this step: better to take it over afterwards.
        if let key = job.currentKey, !claimed.insert(key).inserted { continue }
      }
      open.append(job)
    }
    var left = pacer.promptRows(besides: answers, limit: configuration.maxBatchTokens)
    var parts: [Part] = []
    let byLength = open.enumerated()
      .sorted { ($0.element.promptLeft, $0.offset) < ($1.element.promptLeft, $1.offset) }
    for (index, job) in byLength.map(\.element).enumerated() where left > 0 {
      let share = max(1, left / (open.count - index))
      var count = min(share, job.promptLeft)
      if job.scoresRows { count = min(count, Self.scoredRows) }
      left -= count
      parts.append(.prompt(job, start: job.cache.length, count: count))
    }
    return parts
  }

  private func rowCount(_ part: Part) -> Int {
    switch part {
    case .answer(_, _, let guesses): 1 + guesses.count
    case .prompt(_, _, let count): count
    }
  }

  private func sequenceRows(_ part: Part) -> SequenceRows {
    switch part {
    case .answer(let job, let choice, let guesses):
      SequenceRows(
        ([choice.pending] + guesses).map { Int32($0) }, cache: choice.cache,
        adapter: job.request.adapter?.snapshot, outputs: .all)
    case .prompt(let job, _, let count): job.promptRows(count)
    }
  }

  // MARK: What comes out of it

  /// Chooses tokens, all choices at the same time.
  ///
  /// - Returns: How many were chosen, and how many of them had been guessed.
  private func take(_ output: StepOutput, _ parts: [Part], _ rows: [SequenceRows])
    -> (tokens: Int, accepted: Int)
  {
    let vocabulary = model.configuration.vocabularySize
    return output.logits.withUnsafePointer { logits in
      output.hidden.withUnsafePointer { hidden in
        var works: [Work] = []
        var (place, hiddenPlace) = (0, 0)
        for (part, sequence) in zip(parts, rows) {
          let count = sequence.tokens.count
          let first = place
          func row(_ index: Int) -> UnsafeBufferPointer<Float> {
            UnsafeBufferPointer(start: logits + (first + index) * vocabulary, count: vocabulary)
          }
          switch sequence.outputs {
          case .all: place += count
          case .last: place += 1
          case .none: break
          case .hidden:
            let size = model.configuration.hiddenSize
            let start = hidden + hiddenPlace * size
            part.job.addHidden(UnsafeBufferPointer(start: start, count: count * size), size: size)
            hiddenPlace += count
          }
          switch part {
          case .answer(_, let choice, let guesses):
            let all = UnsafeBufferPointer(start: row(0).baseAddress, count: vocabulary * count)
            works.append(Work(choice: choice, logits: all, guesses: guesses))
          case .prompt(let job, let start, _):
            let known = (0..<(place - first)).map(row)
            if sequence.outputs == .all, !job.scorePrompt(known, from: start) {
              fail(job, .nonFiniteLogits(position: start + count))
            } else if let last = known.last, job.promptLeft == 0 {
              job.begin(
                context: model.configuration.maxPositions, modelEnds: endTokens,
                tokenizer: model.tokenizer)
              works += job.choices.map { Work(choice: $0, logits: last, guesses: []) }
            }
          }
        }
        return choose(works)
      }
    }
  }

  private func choose(_ works: [Work]) -> (tokens: Int, accepted: Int) {
    func sums() -> (Int, Int) {
      works.reduce(into: (0, 0)) {
        $0.0 += $1.choice.tokens.count
        $0.1 += $1.choice.guesses.accepted
      }
    }
    let before = sums()
    nonisolated(unsafe) let works = works
    ThreadPool.shared.forEach(works.count) {
      works[$0].choice.take(works[$0].logits, drafted: works[$0].guesses)
    }
    let after = sums()
    return (after.0 - before.0, after.1 - before.1)
  }

  /// Sends what became known of a request, and ends it if it has.
  private func settle(_ job: Job) {
    if let failure = job.choices.compactMap(\.failure).first { return fail(job, failure) }
    if job.choices.isEmpty {
      job.keepPrompt(in: prefixes)
      guard job.promptLeft == 0 else { return }
      finishPrompt(job)
      return
    }
    if job.isFirstAnswer {
      job.keepPrompt(in: prefixes)
      if let scores = job.promptScores { job.submission.buffer.send(scores) }
      job.isFirstAnswer = false
    }
    for choice in job.choices where !choice.isReported {
      report(choice, of: job)
    }
    if job.choices.allSatisfy({ $0.finishReason != nil }) { complete(job) }
  }

  /// Ends a request that wanted nothing but its prompt.
  private func finishPrompt(_ job: Job) {
    if job.submission.purpose == .embedding {
      guard let vector = job.embedding() else {
        return fail(job, .nonFiniteLogits(position: job.prompt.count))
      }
      job.submission.embedding?.vector = vector
    }
    if let scores = job.promptScores { job.submission.buffer.send(scores) }
    for choice in 0..<job.request.choices {
      job.submission.buffer.send(.finished(choice: choice, reason: .length))
    }
    complete(job)
  }
}
