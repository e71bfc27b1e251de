import Adapters
import Datasets
import Foundation
import Models
import NN
import TensorCore
import Training

extension Verifier {
  /// The gradients of the mean loss of `examples`, one a trained tensor.
  ///
  /// They are what a trainer's optimizer has averaged after one step without clipping: what a run would
  /// really have used.
  private func gradients(
    _ examples: [Example], _ adapted: Subject.Adapted, accumulate: Int = 1, tokensPerPass: Int
  ) throws -> [Tensor<Float>] {
    var configuration = steps(1, rows: examples.count / accumulate)
    configuration.accumulate = accumulate
    configuration.tokensPerPass = tokensPerPass
    configuration.learningRate = 0
    let trained = adapted.withoutDropout
    let outcome = try procedures.train(
      .init(
        model: adapted.model, trained: trained, examples: examples, configuration: configuration))
    // AdamW's first average is (1 - β₁) g.
    return outcome.snapshot.optimizer.prefix(trained.parameters.count).map { $0 * 10 }
  }

  /// Steps in file order, without clipping, at a constant rate.
  func steps(_ count: Int, rows: Int) -> TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.steps = count
    configuration.batchSize = max(rows, 1)
    configuration.learningRate = 1e-3
    configuration.schedule = .constant
    configuration.clip = nil
    configuration.shuffles = false
    return configuration
  }

  /// The rows, or where the model knows them by heart, the rows with each token asked to be the one before it.
  ///
  /// Of what is nearly certain, gradients are what rounding has left of `p - 1`.
  private func uncertain(_ examples: [Example], to model: DecoderLM) -> [Example] {
    let losses = procedures.losses(model, examples.map(\.document), 1)
    let tokens = losses.reduce(0) { $0 + $1.tokens }
    let mean = losses.reduce(0) { $0 + $1.nats } / Double(max(tokens, 1))
    if mean >= Self.leastLoss { return examples }
    return examples.map { example in
      var example = example
      for place in example.ids.indices.dropFirst() where example.labels[place] != Example.ignored {
        example.labels[place] = example.ids[place - 1]
      }
      return example
    }
  }

  /// Nats a token, below which rows count as known by heart.
  private static let leastLoss = 0.5

  func accumulation() throws -> Measurement {
    let adapted = try subject.adapted()
    let examples = uncertain(subject.rows.examples, to: adapted.model)
    let tokens = examples.reduce(0) { $0 + $1.ids.count }
    let whole = try gradients(examples, adapted, tokensPerPass: tokens)
    let summed = try gradients(
      examples, adapted, accumulate: examples.count, tokensPerPass: 1)
    let (error, index) = Difference.gradients(summed, whole)
    let learnt = examples.map { "\($0.supervisedCount)" }.joined(separator: " + ")
    return Measurement(
      error: error,
      note: "\(learnt) tokens; the worst is \(name(of: index, in: adapted))",
      isEmpty: Difference.norm(whole) == 0)
  }

  func gradientReach() throws -> Measurement {
    var (missing, first, counts): (Int, String?, [String]) = (0, nil, [])
    for form in try subject.forms() {
      let (found, count) = try tensorsWithoutGradient(form.adapted)
      missing += found.count
      first = first ?? found.first.map { name(of: $0, in: form.adapted) }
      if count > 0 { counts.append("\(count) tensors of \(form.name)") }
    }
    return Measurement(
      error: Double(missing),
      note: counts.joined(separator: ", ") + (first.map { "; the first is \($0)" } ?? ""),
      isEmpty: counts.isEmpty)
  }

  private func tensorsWithoutGradient(_ adapted: Subject.Adapted) throws
    -> (missing: [Int], count: Int)
  {
    let examples = subject.rows.shortest(2)
    let trained = adapted.withoutDropout
    // Two steps: in the first, a factor whose other factor is still zero has none.
    let outcome = try procedures.train(
      .init(
        model: adapted.model, trained: trained, examples: examples,
        configuration: steps(2, rows: examples.count)))
    let averages = outcome.snapshot.optimizer.prefix(trained.parameters.count)
    // A table of tokens that these rows do not have cannot learn from them.
    let seen = Set(examples.flatMap(\.ids))
    let unseen = adapted.adapter.tokenRows.filter { seen.isDisjoint(with: $0.rows.ids) }.map(\.rows)
    let missing = averages.enumerated().filter { place, average in
      let isUnseen = unseen.contains { $0.rows === trained.parameters[place].parameter }
      return !average.isFinite || (average.sumOfSquares() == 0 && !isUnseen)
    }.map(\.offset)
    return (missing, averages.count)
  }

  func finiteDifferences() throws -> Measurement {
    let adapted = try subject.adapted()
    let examples = uncertain(subject.rows.shortest(1), to: adapted.model)
    let parameters = adapted.adapter.parameters
    let found = try gradients(examples, adapted, tokensPerPass: 1)
    var (error, worst, tried) = (0.0, "", 0)
    let constantNorms = Set(
      adapted.adapter.layers.filter { $0.layer.magnitude != nil }
        .flatMap { [ObjectIdentifier($0.layer.down), ObjectIdentifier($0.layer.up)] })
    for (group, members) in Self.groups(parameters.map(\.path)) {
      // DoRA's factors have the gradient of a loss in which the norms are constant (Liu et al. 2024, 4.3).
      let isDefined = members.allSatisfy {
        !constantNorms.contains(ObjectIdentifier(parameters[$0].parameter))
      }
      if !isDefined { continue }
      let norm = Difference.norm(members.map { found[$0] })
      if norm == 0 { continue }
      let difference = slopeError(
        adapted.model, parameters, members.map { ($0, found[$0]) }, norm: norm, examples)
      tried += 1
      if !(difference <= error) { (error, worst) = (difference, group) }
    }
    return Measurement(
      error: error,
      note: "\(tried) kinds of tensors, each along its gradient; the worst is \(worst)",
      isEmpty: tried == 0)
  }

  /// How far the slope of the mean loss along `gradients` is from their norm, as a part of it: by differences of the
  /// fourth order.
  ///
  /// The first distance changes the loss by a hundredth, far above the rounding of f32. Where the loss bends within
  /// that, as where attention is sharp, shorter ones are tried: a gradient that is wrong is wrong at all of them.
  private func slopeError(
    _ model: DecoderLM, _ parameters: [NamedParameter],
    _ gradients: [(index: Int, value: Tensor<Float>)], norm: Double, _ examples: [Example]
  ) -> Double {
    let before = gradients.map { parameters[$0.index].parameter.value }
    func loss(_ distance: Double) -> Double {
      for (value, gradient) in zip(before, gradients) {
        var moved = value
        moved.add(gradient.value, times: Float(distance / norm))
        parameters[gradient.index].parameter.value = moved
      }
      let losses = procedures.losses(model, examples.map(\.document), 1)
      let tokens = losses.reduce(0) { $0 + $1.tokens }
      return losses.reduce(0) { $0 + $1.nats } / Double(max(tokens, 1))
    }
    let longest = 0.01 * max(loss(0), 1e-3) / norm
    var error = Double.nan
    for part in [1.0, 0.25, 0.06, 0.015]
    where !(error <= VerificationCheck.finiteDifferences.limit / 4) {
      let step = longest * part
      let rise = 8 * (loss(step) - loss(-step)) - (loss(2 * step) - loss(-2 * step))
      let found = abs(rise / (12 * step) - norm) / norm
      if !(error <= found) { error = found }
    }
    for (value, gradient) in zip(before, gradients) {
      parameters[gradient.index].parameter.value = value
    }
    return error
  }

  /// Tensors by what they are in a block: `q_proj.lora_A` and so on.
  private static func groups(_ paths: [String]) -> [(name: String, members: [Int])] {
    var result: [(name: String, members: [Int])] = []
    for (index, path) in paths.enumerated() {
      let name = path.split(separator: ".").suffix(3).dropLast().joined(separator: ".")
      if let place = result.firstIndex(where: { $0.name == name }) {
        result[place].members.append(index)
      } else {
        result.append((name, [index]))
      }
    }
    return result
  }

  /// The short name of a trained tensor.
  private func name(of index: Int, in adapted: Subject.Adapted) -> String {
    let parameters = adapted.adapter.parameters
    guard parameters.indices.contains(index) else { return "unknown" }
    return parameters[index].path.replacingOccurrences(of: "base_model.model.", with: "")
  }
}
