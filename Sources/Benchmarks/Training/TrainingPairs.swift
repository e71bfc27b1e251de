import Adapters
import Datasets
import ModelFiles
import Models
import SafeIO
import TensorCore
import Training

/// Our steps and the peers', one after another, and what came out.
final class TrainingPairs {
  struct PeerRun {
    let mode: String
    let peer: Peer?
    var seconds: [Double] = []
    var peakBytes = 0.0
  }

  private let command: TrainingBenchmark
  private let bundle: ModelBundle
  private var peers: [PeerRun]
  private let limit: MatMulLimit
  private var seconds: [Double] = []
  private var losses: [Double] = []
  private var firstSeconds = 0.0
  private var adapterWeights: Int?

  init(command: TrainingBenchmark, bundle: ModelBundle, peers: [PeerRun]) {
    (self.command, self.bundle, self.peers) = (command, bundle, peers)
    limit = MatMulLimit(isBF16: command.precision == .bf16)
  }

  /// Takes one step that does not count and then as many as there are rounds.
  func measure() throws {
    try trainer().run { if case .step(let record) = $0 { try took(record) } }
  }

  private func trainer() throws -> Trainer {
    var configuration = TrainingConfiguration()
    configuration.steps = command.options.rounds + 1
    configuration.batchSize = command.batchSize
    configuration.learningRate = 2e-4
    configuration.schedule = .constant
    configuration.tokensPerPass = command.tokensPerPass
    configuration.recomputesActivations = command.recompute
    return try Trainer(
      model: bundle.model, training: try trainedWeights(), examples: randomExamples(),
      configuration: configuration)
  }

  private func trainedWeights() throws -> any TrainedWeights {
    if command.method == .full { return WholeModel(bundle.model) }
    if command.precision == .bf16 { bundle.model.packFrozenWeights() }
    let adapter = try LoRAAdapter(
      LoRAConfiguration(rank: command.rank, alpha: Double(2 * command.rank)),
      attachingTo: bundle.model, seed: 0)
    adapterWeights = adapter.parameterCount
    return adapter
  }

  /// Counts our step, and lets everybody else have their turn.
  private func took(_ step: StepRecord) throws {
    losses.append(step.loss)
    if losses.count == 1 {
      firstSeconds = step.seconds
      return limit.warmUp()
    }
    seconds.append(step.seconds)
    for place in peers.indices {
      guard let answer = try peers[place].peer?.ask(), let time = answer["seconds"]?.double else {
        continue
      }
      peers[place].seconds.append(time)
      peers[place].peakBytes = answer["peak_memory_bytes"]?.double ?? 0
    }
    limit.measure()
  }

  private func randomExamples() -> [Example] {
    var generator = RandomGenerator(seed: 0)
    return (0..<command.batchSize).map { _ in
      let ids = (0..<command.length).map { _ in
        Int32(generator.nextIndex(below: bundle.configuration.vocabularySize))
      }
      return Example(
        ids: ids, labels: ids, targetBytes: 0, promptIDs: [], answer: nil, sourceLine: 1)
    }
  }
}

extension TrainingPairs {
  private var name: String { "\(command.method.rawValue)-\(command.precision.rawValue)" }

  /// Operations of a step: the last token of a row is not computed, nothing follows it.
  private var work: Double {
    ModelWork(bundle.configuration).step(
      documents: command.batchSize, length: command.length - 1, adapterWeights: adapterWeights)
  }

  var figures: [Figure] {
    let tokens = Double(command.batchSize * command.length)
    let rows = "\(command.batchSize) × \(command.length)"
    let speed = Figure(
      "\(name) \(rows)", "tokens/s", work: tokens, seconds: seconds,
      references: peers.map { ("PyTorch \($0.mode)", tokens, $0.seconds) })
    let mebibyte = Double(1 << 20)
    let memory = Figure(
      name: "\(name) peak memory", unit: "MiB",
      values: [Double(ProcessMemory.peakBytes) / mebibyte],
      references: peers.map {
        .init(name: "PyTorch \($0.mode)", values: [$0.peakBytes / mebibyte])
      }, isRate: false)
    let use = Figure(
      name: "\(name) model FLOPs", unit: "GFLOP/s", values: seconds.map { 1e-9 * work / $0 },
      references: limit.references)
    return [speed, memory, use]
  }

  var notes: JSONObject {
    var notes = JSONObject()
    notes["batch_size"] = JSON(command.batchSize)
    notes["length"] = JSON(command.length)
    notes["rank"] = command.method == .lora ? JSON(command.rank) : .null
    notes["tokens_per_pass"] = JSON(command.tokensPerPass)
    notes["recomputes_activations"] = JSON(command.recompute)
    notes["step_flop"] = JSON(work)
    notes["first_step_seconds"] = JSON(firstSeconds)
    notes["losses"] = JSON(losses.map { JSON($0) })
    notes["peers"] = JSON(peers.compactMap(\.peer?.ready))
    return notes
  }
}
