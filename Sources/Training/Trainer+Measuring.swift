import Datasets

extension Trainer {
  /// Measures how long a token takes, forwards and backwards; changes nothing.
  ///
  /// - Returns: Seconds per token of the second of two equal passes: the first fills the pool of memory.
  /// - Throws: What reading the rows throws.
  package func measureSecondsPerToken() throws -> Double {
    var batch: [[RowDocument]] = []
    var tokens = 0
    for row in 0..<source.rowCount where tokens < configuration.tokensPerPass {
      let documents = try documents(ofRow: row)
      tokens += documents.reduce(0) { $0 + inputCount($1) }
      batch.append(documents)
    }
    _ = lossAndGradients(batch, step: 0)
    let start = ContinuousClock.now
    _ = lossAndGradients(batch, step: 0)
    return (ContinuousClock.now - start).inSeconds / Double(max(tokens, 1))
  }
}
