import Foundation
import TensorCore

/// Aligned memory with unremarkable numbers in it.
final class Buffer {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  /// Numbers from 0.25 to 1.25, so that no kernel meets zeros, infinities or denormals.
  init(_ count: Int) {
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    pointer = StoragePool.take(bytes).bindMemory(to: Float.self, capacity: max(count, 1))
    for index in 0..<count { pointer[index] = 0.25 + Float(index &* 7919 & 1023) / 1024 }
  }

  deinit { StoragePool.give(pointer, bytes: max(count, 1) * MemoryLayout<Float>.stride) }

  /// The numbers as a tensor.
  static func tensor(_ shape: Shape) -> Tensor<Float> {
    let buffer = Buffer(shape.count)
    return Tensor(shape: shape) { $0.update(from: buffer.pointer, count: shape.count) }
  }
}
