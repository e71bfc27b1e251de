import Adapters
import Autodiff
import Datasets
import ModelFiles
import Models
import NN
import SafeIO
import TensorCore
import Training

/// Our steps, and the same rows padded, one after another.
final class PaddedPairs {
  /// Which rows of hidden states the output layer sees.
  private enum Head: CaseIterable { case everyRow, supervisedRows }

  private let command: BatchingBenchmark
  private let model: DecoderLM
  private let adapter: LoRAAdapter
  private let examples: [Example]
  private let order: BatchOrder
  private var ours: [Double] = []
  private var padded: [Head: [Double]] = [:]
  private var tokens: [Int] = []
  private var losses: [(ours: Double, padded: Double)] = []
  private var computed = (ours: 0, padded: 0)

  init(command: BatchingBenchmark, bundle: ModelBundle, examples: [Example]) throws {
    (self.command, self.examples, model) = (command, examples, bundle.model)
    adapter = try LoRAAdapter(
      LoRAConfiguration(rank: command.rank, alpha: Double(2 * command.rank)),
      attachingTo: model, seed: 0)
    order = BatchOrder(rowCount: examples.count, batchSize: command.batchSize, seed: 0)
  }

  /// Takes one step that does not count, and then as many as there are rounds.
  ///
  /// The learning rate is 0, so that all compute the loss of one and the same model.
  func measure() throws {
    var configuration = TrainingConfiguration()
    configuration.steps = command.options.rounds + 1
    configuration.batchSize = command.batchSize
    configuration.learningRate = 0
    configuration.schedule = .constant
    configuration.tokensPerPass = command.tokensPerPass
    configuration.cachesFrozenPrefix = false
    let trainer = try Trainer(
      model: model, training: adapter, examples: examples, configuration: configuration)
    try trainer.run { if case .step(let record) = $0 { took(record) } }
  }

  private func took(_ step: StepRecord) {
    let rows = order.batch(step.step - 1).map { examples[$0] }
    let isCounted = step.step > 1
    if isCounted {
      ours.append(step.seconds)
      tokens.append(step.tokens)
      computed.ours += rows.reduce(0) { $0 + PackedDocuments.inputCount(($1.ids, $1.labels)) }
      computed.padded += rows.count * (rows.map(\.ids.count).max() ?? 0)
    }
    for head in Head.allCases {
      var loss = 0.0
      let seconds = Alternation.time { loss = pad(rows, head: head, tokens: step.tokens) }
      guard isCounted else { continue }
      padded[head, default: []].append(seconds)
      losses.append((step.loss, loss))
    }
  }

  /// The mean loss of rows that are all as long as the longest, and the gradients of the adapter.
  private func pad(_ rows: [Example], head: Head, tokens: Int) -> Double {
    let longest = rows.map(\.ids.count).max() ?? 0
    let perPass = max(1, command.tokensPerPass / max(longest, 1))
    let parameters = adapter.parameters.map(\.parameter)
    var gradients = [Tensor<Float>?](repeating: nil, count: parameters.count)
    var total = 0.0
    for start in stride(from: 0, to: rows.count, by: perPass) {
      let part = rows[start..<min(rows.count, start + perPass)]
      let ids = part.flatMap {
        $0.ids + [Int32](repeating: 0, count: longest - $0.ids.count)
      }
      // What the position after each one should be.
      let next = part.flatMap { example in
        example.labels.dropFirst()
          + [Int32](repeating: Example.ignored, count: longest - example.labels.count + 1)
      }
      let tape = Tape<Float>()
      let context = model.context(
        DocumentSegments(lengths: part.map { _ in longest }), tape: tape)
      let hidden = model.hidden(ids, in: context)
      let asked = next.indices.filter { next[$0] != Example.ignored }
      let seen = head == .everyRow ? Array(next.indices) : asked
      let states = head == .everyRow ? hidden : hidden.gatheringRows(asked.map { Int32($0) })
      let losses = model.output(in: context).crossEntropyRows(
        states, targets: seen.map { max(next[$0], 0) })
      let weights = seen.map { next[$0] == Example.ignored ? 0 : 1 / Float(tokens) }
      total += zip(losses.value.scalars, weights).reduce(0) { sum, row in
        row.1 == 0 ? sum : sum + Double(row.0) / Double(tokens)
      }
      let found = tape.gradients(of: losses, upstream: Tensor(weights, shape: losses.shape))
      for (place, parameter) in parameters.enumerated() {
        guard let gradient = found[parameter] else { continue }
        gradients[place] = gradients[place].map { $0 + gradient } ?? gradient
      }
    }
    return total
  }

  var figures: [Figure] {
    func rate(_ seconds: [Double]) -> [Double] { zip(tokens, seconds).map { Double($0) / $1 } }
    return [
      Figure(
        name: "batches of \(command.batchSize)", unit: "supervised tokens/s", values: rate(ours),
        references: [
          .init(name: "padded", values: rate(padded[.everyRow] ?? [])),
          .init(
            name: "padded, supervised rows in the head",
            values: rate(padded[.supervisedRows] ?? [])),
        ])
    ]
  }

  var notes: JSONObject {
    func rate(_ seconds: [Double]) -> Double {
      Double(tokens.reduce(0, +)) / max(seconds.reduce(0, +), 1e-9)
    }
    var notes = JSONObject()
    notes["rows"] = JSON(examples.count)
    notes["batch_size"] = JSON(command.batchSize)
    notes["tokens_per_pass"] = JSON(command.tokensPerPass)
    notes["supervised_tokens"] = JSON(tokens.reduce(0, +))
    notes["computed_tokens"] = JSON(computed.ours)
    notes["padded_tokens"] = JSON(computed.padded)
    notes["ratio_of_totals"] = JSON(rate(ours) / max(rate(padded[.everyRow] ?? []), 1e-9))
    notes["losses"] = JSON(losses.map { [JSON($0.ours), JSON($0.padded)] })
    notes["largest_loss_difference"] = JSON(
      losses.map { abs($0.ours - $0.padded) / max(abs($0.padded), 1e-9) }.max() ?? 0)
    return notes
  }
}
