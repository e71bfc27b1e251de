package import ModelFiles
import Synchronization
package import TensorCore

/// Reads tensors on all threads, refusing numbers that are not finite.
package struct WeightLoader {
  package let source: any TensorSource

  package init(_ source: any TensorSource) { self.source = source }

  /// The tensors of these names and shapes as f32.
  ///
  /// - Throws: `ModelFileError` for the first tensor, in the order given, that cannot be read.
  package func load(_ specifications: [(name: String, shape: [Int])]) throws
    -> [String: Tensor<Float>]
  {
    var tensors = specifications.map { Tensor<Float>(shape: Shape($0.shape)) { _ in } }
    let failures = Mutex<[Int: any Error]>([:])
    // The largest first, so that no thread ends alone on it.
    let order = specifications.indices.sorted { tensors[$0].count > tensors[$1].count }
    let source = source
    tensors.withUnsafeMutableBufferPointer { tensors in
      nonisolated(unsafe) let tensors = tensors
      ThreadPool.shared.forEach(order.count) { place in
        let index = order[place]
        do {
          let count = tensors[index].count
          try tensors[index].withUnsafeMutablePointer {
            try source.readFiniteFloats(
              specifications[index].name, into: UnsafeMutableBufferPointer(start: $0, count: count))
          }
        } catch {
          failures.withLock { $0[index] = error }
        }
      }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
    return Dictionary(uniqueKeysWithValues: zip(specifications.map(\.name), tensors))
  }
}
