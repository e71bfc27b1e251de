/// Blocks that nobody uses, by their size.
struct FreeLists {
  private var free: [Int: [UnsafeMutableRawPointer]] = [:]
  private(set) var liveBytes = 0
  private(set) var heldBytes = 0

  /// A free block for a request of a class's size: exactly, or the smallest that is at most `factor` times as
  /// large.
  ///
  /// Where there is none, nil: after letting go of as many bytes as the caller will now allocate.
  mutating func take(_ size: Int, factor: Int) -> StoragePool.Block? {
    let largest = size < SystemMemory.mappedSize ? size : factor * size
    var candidate = size
    while candidate <= largest {
      if let pointer = free[candidate]?.popLast() {
        heldBytes -= candidate
        liveBytes += candidate
        return StoragePool.Block(pointer: pointer, size: candidate)
      }
      candidate = StoragePool.classSize(candidate + 1)
    }
    if size >= SystemMemory.mappedSize {
      release(atLeast: size, from: SystemMemory.mappedSize)
    }
    liveBytes += size
    return nil
  }

  mutating func give(_ block: StoragePool.Block) {
    liveBytes -= block.size
    heldBytes += block.size
    free[block.size, default: []].append(block.pointer)
  }

  /// Returns free blocks to the system until `bytes` are returned or none is left.
  ///
  /// The smallest block that suffices alone goes first; where none does, the largest.
  ///
  /// - Parameters:
  ///   - bytes: How much to return.
  ///   - smallest: Smaller blocks than this stay.
  mutating func release(atLeast bytes: Int, from smallest: Int) {
    var released = 0
    let sizes = free.keys.filter { $0 >= smallest && free[$0]?.isEmpty == false }.sorted(by: >)
    let enough = sizes.last { $0 >= bytes }
    for size in (enough.map { [$0] } ?? []) + sizes {
      while released < bytes, let pointer = free[size]?.popLast() {
        SystemMemory.release(pointer, size)
        released += size
      }
    }
    heldBytes -= released
  }
}
