import Adapters
import Datasets
import ModelFiles
import Models
import NN
import Optimizers
import TensorCore

extension Trainer {
  /// The rows of one pass, each with its documents.
  private typealias Pack = [[RowDocument]]

  /// Measures the parts of a step on a longest and a typical pass; no bit of the run depends on it.
  ///
  /// A pass is taken as a part of its own and one for each token: short passes are dearer a token.
  ///
  /// - Parameters:
  ///   - limit: Passes are repeated until then, two to nine times.
  ///   - deadline: No pass but the first is begun later; what was not measured by then is left out.
  /// - Returns: What a step, a validation and a run take.
  /// - Throws: What reading the rows throws.
  package func measureTiming(
    limit: Duration = .seconds(4), deadline: ContinuousClock.Instant? = nil
  ) throws -> StepTiming {
    let (packs, steps) = try sampledPacks()
    let counts = packs.map(tokens)
    let tokensPerStep = Double(counts.reduce(0, +)) / Double(max(steps, 1))
    let passesPerStep = Double(packs.count) / Double(max(steps, 1))
    let ranked = packs.indices.sorted { (counts[$0], $0) < (counts[$1], $1) }
    var timing = StepTiming()
    guard let longest = ranked.last else { return timing }
    let typical = ranked[ranked.count / 2]
    let short = ranked[ranked.count / 10]
    func isLate() -> Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }
    // The first pass fills the pool of memory.
    let first = time(packs[longest])
    let start = ContinuousClock.now
    var times: [[Double]] = [[], [], []]
    for round in 0..<9 where round < 2 || ContinuousClock.now - start < limit {
      for (place, index) in [longest, typical, short].enumerated() where !isLate() {
        times[place].append(time(packs[index]))
      }
    }
    let seconds = zip(times, [longest, typical, short]).map { times, index in
      times.isEmpty
        ? first * Double(counts[index]) / Double(max(counts[longest], 1))
        : times.sorted()[times.count / 2]
    }
    let ends = (counts[longest], counts[short])
    var perPass = 0.0
    if ends.0 > 2 * ends.1 {
      let slope = (seconds[0] - seconds[2]) / Double(ends.0 - ends.1)
      perPass = max(0, seconds[2] - slope * Double(ends.1))
    }
    // The line goes through the typical pass, of which there are most.
    let perToken = max(0, seconds[1] - perPass) / Double(max(counts[typical], 1))
    (timing.secondsPerPass, timing.secondsPerToken) = (perPass, perToken)
    (timing.tokensPerStep, timing.passesPerStep) = (tokensPerStep, passesPerStep)
    if isLate() { return timing }
    timing.secondsPerUpdate = updateSeconds() + weightSeconds(packs[typical])
    timing.secondsPerValidationToken = validationSecondsPerToken()
    timing.secondsPerFirstVisitToken =
      firstVisitSeconds(packs[typical]) / Double(max(counts[typical], 1))
    timing.rowsPerStep = Double(packs.reduce(0) { $0 + rowCount($1) }) / Double(max(steps, 1))
    timing.rows = source.rowCount
    timing.validationTokens = tokens(validation)
    timing.remembersValidation = configuration.loss.learnsFromPairs
    timing.longestPass = counts[longest]
    return timing
  }

  /// Rows of a pass: a row that is no pair is one document.
  private func rowCount(_ pack: Pack) -> Int {
    configuration.loss.learnsFromPairs ? pack.count : pack.joined().count
  }

  private func tokens(_ pack: Pack) -> Int {
    pack.joined().reduce(0) { $0 + inputCount($1) }
  }

  /// The passes of steps spread over the run, and how many steps these are.
  private func sampledPacks() throws -> ([Pack], steps: Int) {
    var order = order
    let wanted = min(stepCount, 24)
    var packs: [Pack] = []
    for index in 0..<wanted {
      let step = index * stepCount / wanted
      let batchCount = configuration.batchCount(ofStep: step, rows: source.rowCount)
      let rows = (0..<batchCount).flatMap {
        order.batch(step * configuration.accumulate + $0)
      }
      // What is long enough to be measured is long enough to be planned by.
      packs += passes(try rows.prefix(1 << 16).map { try documents(ofRow: $0) })
      if packs.count > 4096 { return (packs, index + 1) }
    }
    return (packs, wanted)
  }

  private func time(_ pack: Pack) -> Double {
    let start = ContinuousClock.now
    _ = lossAndGradients(pack, step: 0)
    return (ContinuousClock.now - start).inSeconds
  }

  /// What an update takes: that of one block's copy, as often as there are blocks, and that of the rest by its
  /// size.
  private func updateSeconds() -> Double {
    let named = trained.parameters
    let isFirst = named.map { $0.path.contains(".layers.0.") }
    let block = zip(named, isFirst).filter(\.1).map(\.0)
    func size(_ parameters: [NamedParameter]) -> Int {
      parameters.reduce(0) { $0 + $1.parameter.value.count }
    }
    let rest = max(0, size(named) - size(block) * model.configuration.layerCount)
    var seconds = 0.0
    if !block.isEmpty { seconds += time(update: block) * Double(model.configuration.layerCount) }
    guard rest > 0 else { return seconds }
    let extent = min(rest, 1 << 20)
    let some = Parameter(Tensor<Float>.zeros([extent]))
    return seconds + time(update: [("rest", some)]) * Double(rest) / Double(extent)
  }

  private func time(update named: [NamedParameter]) -> Double {
    let copies = named.map { ($0.path, Parameter($0.parameter.value)) }
    let optimizer = configuration.optimizer(for: copies)
    let gradients: [Tensor<Float>?] = copies.map { $0.1.value }
    optimizer.step(gradients, learningRate: 1e-6, gradientScale: 1)
    let start = ContinuousClock.now
    let norm = GradientClipping.norm(gradients)
    optimizer.step(
      gradients, learningRate: 1e-6, gradientScale: GradientClipping.factor(norm: norm, limit: 1))
    return (ContinuousClock.now - start).inSeconds
  }

  /// What the first pass after an update takes beyond the next one: what layers make of their weights alone, as
  /// DoRA's norms.
  private func weightSeconds(_ pack: Pack) -> Double {
    guard (trained as? LoRAAdapter)?.configuration.usesDoRA == true else { return 0 }
    let differences = (0..<3).map { _ -> Double in
      // The same values, but set again: layers cannot know that they are the same.
      for parameter in parameters { parameter.value = parameter.value }
      let first = time(pack)
      return first - time(pack)
    }
    return max(0, differences.sorted()[1])
  }

  /// What is computed for the rows of a pass once, and then remembered.
  private func firstVisitSeconds(_ pack: Pack) -> Double {
    let start = ContinuousClock.now
    if configuration.loss == .dpo {
      for pair in pack {
        if let place = pair.first?.place { references[place] = nil }
        _ = reference(of: pair)
      }
    }
    if prefixBlocks > 0, configuration.cachesFrozenPrefix {
      for document in pack.joined() {
        let count = inputCount(document)
        guard count > 0 else { continue }
        _ = model.states(Array(document.example.ids[..<count]), entering: prefixBlocks)
      }
    }
    return (ContinuousClock.now - start).inSeconds
  }

  private func validationSecondsPerToken() -> Double {
    var pack: Pack = []
    var tokens = 0
    for row in validation where tokens < configuration.tokensPerPass {
      tokens += self.tokens([row])
      pack.append(row)
    }
    guard tokens > 0 else { return 0 }
    let evaluator = LossEvaluator(model: model, tokensPerBatch: configuration.tokensPerPass)
    let documents = pack.joined().map { ($0.example.ids, $0.example.labels) }
    _ = evaluator.losses(documents)
    let start = ContinuousClock.now
    _ = evaluator.losses(documents)
    return (ContinuousClock.now - start).inSeconds / Double(tokens)
  }
}
