import Datasets
import ModelFiles
import Models
import TensorCore

extension Trainer {
  /// What frozen blocks made of a pass's documents; nil where all blocks are to be computed.
  ///
  /// Documents are computed one by one, whether they are kept or not: so a run has the same bits with and without
  /// a cache.
  func prefix(of documents: [RowDocument]) -> FrozenPrefix? {
    guard prefixBlocks > 0 else { return nil }
    let cache = cache()
    let width = model.configuration.hiddenSize
    let counts = documents.map(inputCount)
    let states = Tensor<Float>(shape: [counts.reduce(0, +), width]) { out in
      var at = 0
      for (document, count) in zip(documents, counts) where count > 0 {
        let compute = {
          self.model.states(Array(document.example.ids[..<count]), entering: self.prefixBlocks)
        }
        let shape: Shape = [count, width]
        if let cache {
          cache.fill(document.place, out + at, shape: shape, compute: compute)
        } else {
          compute().withUnsafePointer { (out + at).update(from: $0, count: shape.count) }
        }
        at += shape.count
      }
    }
    return FrozenPrefix(blocks: prefixBlocks, states: states)
  }

  private func cache() -> PrefixCache? {
    guard configuration.cachesFrozenPrefix else { return nil }
    if let prefixCache { return prefixCache }
    let cache = PrefixCache(directory: scratchDirectory)
    prefixCache = cache
    return cache
  }

  /// How many bytes it takes to keep what the frozen blocks make of all rows; 0 where nothing is kept.
  ///
  /// - Throws: What reading the rows throws.
  package func prefixBytes() throws -> Int {
    guard prefixBlocks > 0, configuration.cachesFrozenPrefix else { return 0 }
    var tokens = 0
    for row in 0..<source.rowCount {
      tokens += try documents(ofRow: row).reduce(0) { $0 + inputCount($1) }
    }
    if configuration.loss.learnsFromPairs {
      tokens += validation.joined().reduce(0) { $0 + inputCount($1) }
    }
    return tokens * model.configuration.hiddenSize * MemoryLayout<Float>.stride
  }
}
