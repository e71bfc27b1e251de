import Datasets
import Models
import Training

extension TrainingPlan {
  /// The trainer of the planned run.
  func trainer(_ configuration: TrainingConfiguration) throws -> Trainer {
    if configuration.loss.learnsFromPairs {
      return try Trainer(
        model: bundle.model, training: trained, pairs: pairs, validation: validationPairs,
        configuration: configuration)
    }
    return try Trainer(
      model: bundle.model, training: trained, examples: examples, validation: validation,
      configuration: configuration)
  }

  /// Says what is kept of frozen blocks, and how much that takes.
  func announceCache(of trainer: Trainer) throws {
    let bytes = try trainer.prefixBytes()
    guard bytes > 0 else { return }
    let count = trainer.prefixBlocks
    let blocks = count == 1 ? "the first block" : "the first \(count) blocks"
    let limit = PrefixCache.fileLimit(trainer.scratchDirectory ?? ".")
    let part = bytes > limit ? ", of which \(Quantity.bytes(limit)) are kept" : ""
    Log.info(
      """
      cache    nothing learns in \(blocks): what they make of the rows, \
      \(Quantity.bytes(bytes))\(part), goes to a scratch file under the run
      """)
  }
}
