import Datasets
import Models

extension Trainer {
  /// Measures how long a token takes, forwards and backwards; changes nothing.
  ///
  /// - Returns: Seconds per token of the second of two equal passes: the first fills the pool of memory.
  /// - Throws: What reading the rows throws.
  package func measureSecondsPerToken() throws -> Double {
    var examples: [Example] = []
    var tokens = 0
    for row in 0..<source.rowCount where tokens < configuration.tokensPerPass {
      for example in try source.examples(ofRow: row) {
        tokens += PackedDocuments.inputCount((example.ids, example.labels))
        examples.append(example)
      }
    }
    _ = summedGradients(examples, weight: 1, step: 0)
    let start = ContinuousClock.now
    _ = summedGradients(examples, weight: 1, step: 0)
    return (ContinuousClock.now - start).inSeconds / Double(max(tokens, 1))
  }
}
