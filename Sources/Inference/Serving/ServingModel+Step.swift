import ModelFiles
import TensorCore

extension ServingModel {
  /// Computes the rows of all sequences, whole pieces of prompts and single tokens alike, and appends their keys
  /// and values to the caches.
  ///
  /// - Precondition: There is a sequence, each has a token and a cache of its own with room reserved; ids are below
  ///   the vocabulary's size; adapters were made for this model.
  package func step(_ sequences: [SequenceRows]) -> StepOutput {
    check(sequences)
    let rows = sequences.reduce(0) { $0 + $1.tokens.count }
    let workspace = takeWorkspace(rows: rows)
    let step = ServingStep(self, sequences, workspace)
    let output = step.run()
    for sequence in sequences { sequence.cache.advance(by: sequence.tokens.count) }
    keep(workspace)
    return output
  }

  private func check(_ sequences: [SequenceRows]) {
    require(!sequences.isEmpty, "step: no sequences")
    for sequence in sequences {
      let (cache, count) = (sequence.cache, sequence.tokens.count)
      require(count > 0, "step: a sequence without tokens")
      require(
        cache.length + count <= cache.capacity,
        "step: no room for \(count) tokens after \(cache.length)")
      for token in sequence.tokens {
        require(token >= 0 && token < configuration.vocabularySize, "step: token \(token)")
      }
      if let adapter = sequence.adapter {
        require(
          adapter.parts.count == configuration.layerCount * Projection.allCases.count
            && adapter.model == configuration, "step: an adapter of another model")
      }
    }
    require(
      Set(sequences.map { ObjectIdentifier($0.cache) }).count == sequences.count,
      "step: two sequences with one cache")
  }
}
