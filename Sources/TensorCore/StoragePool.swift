import Synchronization

/// Free lists of aligned memory by size class, so that a steady state allocates nothing anew.
///
/// Classes are quarter steps between powers of two: at most a fifth of a block is unused, unless a larger free
/// block serves a passing request. Where no free block does, others go back to the system first, so that work of
/// ever different sizes takes little more memory than its largest piece.
package enum StoragePool {
  /// A block from the pool, which goes back to it as it came.
  package struct Block: @unchecked Sendable {
    package let pointer: UnsafeMutableRawPointer
    /// At least what was asked for.
    package let size: Int
  }

  /// The lists may be sent between threads because a pointer in them is owned by nobody else.
  private struct State: ~Copyable, @unchecked Sendable {
    var lists = FreeLists()
  }

  private static let state = Mutex(State())

  /// The size of the smallest block that serves a request of `bytes`.
  package static func classSize(_ bytes: Int) -> Int {
    if bytes <= 256 { return 256 }
    let top = bytes.bitWidth - 1 - (bytes - 1).leadingZeroBitCount
    let step = 1 << max(top - 2, 6)
    return (bytes + step - 1) / step * step
  }

  /// A block of at least `bytes` bytes with undefined contents, aligned to 64 bytes.
  ///
  /// - Parameters:
  ///   - bytes: How much is needed.
  ///   - isPassing: Whether the block may be up to sixteen times as large, so that a small batch after a large
  ///     one allocates nothing. For what mostly comes back soon, as tensors do.
  /// - Returns: The block.
  package static func take(_ bytes: Int, isPassing: Bool = false) -> Block {
    let size = classSize(bytes)
    if let block = state.withLock({ $0.lists.take(size, factor: isPassing ? 16 : 1) }) {
      return block
    }
    if let pointer = SystemMemory.allocate(size) { return Block(pointer: pointer, size: size) }
    trim()
    guard let pointer = SystemMemory.allocate(size) else {
      fatalError("Out of memory: no block of \(size) bytes. Use a smaller batch or model.")
    }
    return Block(pointer: pointer, size: size)
  }

  /// Returns a block that came from `take`.
  package static func give(_ block: Block) { state.withLock { $0.lists.give(block) } }

  /// Returns all free blocks to the system.
  package static func trim() { state.withLock { $0.lists.release(atLeast: .max, from: 0) } }

  /// Bytes in use by tensors now.
  package static var liveBytes: Int { state.withLock { $0.lists.liveBytes } }

  /// Bytes that wait to be used again.
  package static var heldBytes: Int { state.withLock { $0.lists.heldBytes } }
}
