import Foundation
import TensorCore

/// Aligned memory with unremarkable numbers in it.
final class Buffer {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  private let block: StoragePool.Block

  /// Numbers from 0.25 to 1.25, so that no kernel meets zeros, infinities or denormals.
  init(_ count: Int) {
    self.count = count
    block = StoragePool.take(max(count, 1) * MemoryLayout<Float>.stride)
    pointer = block.pointer.bindMemory(to: Float.self, capacity: max(count, 1))
    for index in 0..<count { pointer[index] = 0.25 + Float(index &* 7919 & 1023) / 1024 }
  }

  deinit { StoragePool.give(block) }

  /// The numbers as a tensor.
  static func tensor(_ shape: Shape) -> Tensor<Float> {
    let buffer = Buffer(shape.count)
    return Tensor(shape: shape) { $0.update(from: buffer.pointer, count: shape.count) }
  }
}
