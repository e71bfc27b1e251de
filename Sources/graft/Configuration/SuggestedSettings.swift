import Datasets
import ModelFiles
import SafeIO
import TensorCore

/// Settings for rows and a model that nobody has tuned yet, each with the reason for it.
struct SuggestedSettings {
  let model: String
  let data: [String]
  let output: String
  let configuration: TransformerConfiguration
  /// Tokens of each row, of a pair those of the longer side.
  let lengths: [Int]
  let rows: Int
  let supervised: Int
  let hasValidation: Bool
  /// Whether each row is a pair of answers.
  var learnsFromPairs = false

  /// What is usual: steps that see about this many tokens, and enough of them to learn from.
  private static let tokensPerStep = 2048.0
  private static let leastSteps = 60

  private var mean: Double { Double(lengths.reduce(0, +)) / Double(max(lengths.count, 1)) }

  /// What a row adds to a step.
  private var tokensPerRow: Double { learnsFromPairs ? 2 * mean : mean }

  /// The shortest that loses no row; where a few are far longer than the rest, one in a hundred is left out.
  var maxLength: Int {
    let sorted = lengths.sorted()
    let longest = sorted.last ?? 2
    let usual = sorted.isEmpty ? 2 : sorted[(sorted.count - 1) * 99 / 100]
    let wanted = longest > 2 * usual ? usual : longest
    return min(max(16, (wanted + 15) / 16 * 16), configuration.maxPositions)
  }

  /// How many rows are longer.
  var droppedRows: Int { lengths.count { $0 > maxLength } }

  /// Rows enough for `tokensPerStep`, but not so many that an epoch has few steps; a gradient of fewer than four rows
  /// says more of these rows than of the task, so that a small set is rather visited more often.
  var batchSize: Int {
    var size = 1
    while size < 32, Double(2 * size) * tokensPerRow <= Self.tokensPerStep,
      trainingRows / (2 * size) >= (size < Self.leastBatch ? 1 : Self.leastSteps / 3)
    { size *= 2 }
    return size
  }

  private static let leastBatch = 4

  var epochs: Int {
    let perEpoch = max(1, trainingRows / batchSize)
    let most = rows < 100 ? 10 : rows < 500 ? 5 : 3
    return min(max(1, (Self.leastSteps * 3 + perEpoch - 1) / perEpoch), most)
  }

  var steps: Int { epochs * max(1, (trainingRows + batchSize - 1) / batchSize) }

  var splits: Bool { !hasValidation && rows >= 50 }

  private var trainingRows: Int { splits ? rows - rows / 10 : rows }

  /// More rows can teach more numbers.
  var rank: Int { rows < 300 ? 8 : rows < 20_000 ? 16 : 32 }

  /// A small model takes and needs larger steps.
  var learningRate: String {
    if learnsFromPairs { return configuration.hiddenSize <= 384 ? "2e-4" : "5e-5" }
    return configuration.hiddenSize <= 384 ? "2e-3" : "5e-4"
  }

  var evalEvery: Int { max(5, steps / 10) }

  var usesBF16: Bool { FrozenMatrix.isSupported }

  /// The text of the file.
  var yaml: String {
    func quoted(_ text: String) -> String { JSON(text).serialized() }
    let sources =
      data.count == 1
      ? "data: \(quoted(data[0]))"
      : "data:\n"
        + data.map { "  - \(quoted($0))" }
        .joined(separator: "\n")
    let sorted = lengths.sorted()
    let median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    let longest = sorted.last ?? 0
    let validation =
      hasValidation
      ? "# valid.jsonl is there and is validated on."
      : splits
        ? "# A tenth of the rows is held back to validate on, as there is no valid.jsonl.\nvalid-split: 0.1"
        : "# Too few rows to hold some back: give a valid.jsonl to see when over-fitting begins.\n# valid-split: 0.1"
    let dropped =
      droppedRows == 0
      ? "no row is longer" : "\(Quantity.count(droppedRows)) rows are longer and would be left out"
    let precision =
      usesBF16
      ? "# The frozen base is multiplied in bf16, which this processor has; f32 is exact and slower.\nprecision: bf16"
      : "# This processor has no bf16 arithmetic.\nprecision: f32"
    let objective =
      learnsFromPairs
      ? """

      # Rows are pairs of answers: dpo learns from them against the base, orpo without a reference.
      loss: dpo
      beta: 0.1

      """ : ""
    return """
      # Written by `graft init`; `graft train --config THIS_FILE` takes it as it is.
      # Every key is a flag of `graft train`: a flag that is typed wins over the file.
      model: \(quoted(model))
      # \(Quantity.count(rows)) rows, \(Quantity.count(supervised)) supervised tokens.
      \(sources)
      output: \(quoted(output))
      \(objective)
      # \(Quantity.count(steps)) steps in all. `budget: 10m` ends on time instead.
      epochs: \(epochs)
      # Rows are \(Quantity.count(Int(mean.rounded()))) tokens long on average: about \
      \(Quantity.count(Int((tokensPerRow * Double(batchSize)).rounded()))) tokens a step.
      batch-size: \(batchSize)
      # Median \(Quantity.count(median)) tokens, longest \(Quantity.count(longest)); \(dropped).
      max-length: \(maxLength)

      # The usual peak for an adapter of this model; try 2 times more and less.
      learning-rate: \(learningRate)
      schedule: cosine
      warmup-ratio: 0.03

      # Numbers that can learn: more for many and varied rows, fewer for few.
      lora-rank: \(rank)
      lora-alpha: \(2 * rank)
      # lora-dropout: 0.05

      \(validation)
      eval-every: \(evalEvery)

      \(precision)
      # A limit for memory, where there is one:
      # memory: 1.5G
      seed: 0

      """
  }
}
