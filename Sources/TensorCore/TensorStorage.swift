/// The memory of one or more tensors; goes back to the pool with its last owner.
///
/// `@unchecked Sendable` is sound because the elements are written only by the initialiser of a tensor,
/// before another reference can exist, and by `Tensor.withUnsafeMutablePointer`, which first makes the
/// storage unique.
package final class TensorStorage<Scalar: TensorScalar>: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Scalar>
  package let capacity: Int
  private let block: StoragePool.Block

  /// Undefined contents for `capacity` elements.
  package init(capacity: Int) {
    self.capacity = capacity
    block = StoragePool.take(capacity * MemoryLayout<Scalar>.stride, isPassing: true)
    pointer = block.pointer.bindMemory(to: Scalar.self, capacity: capacity)
  }

  deinit {
    StoragePool.give(block)
  }
}
