import Datasets
import Models

/// Pairs that are computed in one pass, and how their losses hang on the losses of the single targets.
struct PairPass {
  let loss: PreferenceLoss
  /// Of each pair: the chosen document, then the rejected one.
  let documents: PackedDocuments
  /// Of each target, whether it is part of an answer: ORPO also asks for the chosen prompt.
  private let isAnswer: [Bool]

  init(_ pairs: [[RowDocument]], loss: PreferenceLoss) {
    self.loss = loss
    let asked = pairs.flatMap { $0 }.map { Self.document($0, loss.kind) }
    documents = PackedDocuments(asked)
    isAnswer = zip(pairs.flatMap { $0 }, asked).flatMap { document, asked in
      zip(document.example.labels, asked.labels).dropFirst()
        .filter { $1 != Example.ignored }.map { $0.0 != Example.ignored }
    }
  }

  /// What is asked of a document: its answer, and of a chosen one under ORPO everything.
  static func document(_ document: RowDocument, _ kind: TrainingLoss) -> PackedDocuments.Document {
    let example = document.example
    let asksAll = kind == .orpo && document.place.index == 0
    return (example.ids, asksAll ? example.ids : example.labels)
  }

  /// How many targets the cross-entropy of a pair is the mean of: those of the chosen text.
  static func crossEntropyCount(_ pair: [RowDocument], _ kind: TrainingLoss) -> Int {
    kind == .orpo ? max((pair.first?.example.ids.count ?? 0) - 1, 0) : 0
  }

  /// The targets of document `index` of the pass.
  private var ranges: [Range<Int>] {
    var end = 0
    return documents.targetCounts.map { count in
      defer { end += count }
      return end..<(end + count)
    }
  }

  /// The log-probabilities of the answers of each pair, nats.
  func scores(
    _ losses: [Float], references: [PreferenceLoss.Reference?]
  ) -> [PreferenceLoss.Scores] {
    func side(_ range: Range<Int>) -> (sum: Double, count: Int) {
      range.reduce(into: (0.0, 0)) { side, target in
        guard isAnswer[target] else { return }
        side.sum -= Double(losses[target])
        side.count += 1
      }
    }
    let ranges = ranges
    return references.enumerated().map { index, reference in
      let (chosen, rejected) = (side(ranges[2 * index]), side(ranges[2 * index + 1]))
      return PreferenceLoss.Scores(
        chosen: chosen.sum, rejected: rejected.sum, chosenCount: chosen.count,
        rejectedCount: rejected.count, reference: reference)
    }
  }

  /// Adds what the pairs of the pass come to.
  ///
  /// - Parameters:
  ///   - losses: The loss of each target, nats.
  ///   - references: Of each pair.
  ///   - tally: What is added to.
  /// - Returns: The outcome of each pair.
  func tally(
    _ losses: [Float], _ references: [PreferenceLoss.Reference?], into tally: inout PreferenceTally
  ) -> [PreferenceLoss.Outcome] {
    let scores = scores(losses, references: references)
    let outcomes = scores.map(loss.outcome)
    for (outcome, scores) in zip(outcomes, scores) {
      tally.add(outcome, scores, kind: loss.kind)
    }
    if loss.kind == .orpo {
      for range in stride(from: 0, to: ranges.count, by: 2).map({ ranges[$0] }) {
        tally.addCrossEntropy(
          losses[range].reduce(0) { $0 + Double($1) }, count: range.count)
      }
    }
    return outcomes
  }

  /// The derivative of the step's loss with respect to the loss of each target.
  ///
  /// - Parameters:
  ///   - outcomes: Of each pair of the pass.
  ///   - pairs: How many pairs the step has.
  ///   - crossEntropyCount: How many targets its cross-entropy is the mean of.
  /// - Returns: One number a target.
  func slopes(_ outcomes: [PreferenceLoss.Outcome], pairs: Int, crossEntropyCount: Int) -> [Float] {
    var result = [Float](repeating: 0, count: documents.targets.count)
    for (index, range) in ranges.enumerated() {
      let outcome = outcomes[index / 2]
      let slope = index % 2 == 0 ? outcome.chosenSlope : outcome.rejectedSlope
      let isAsked = loss.kind == .orpo && index % 2 == 0
      let share = isAsked ? 1 / Double(max(crossEntropyCount, 1)) : 0
      for target in range {
        // A loss is the negative of a log-probability.
        result[target] = Float(share - (isAnswer[target] ? slope / Double(pairs) : 0))
      }
    }
    return result
  }
}
