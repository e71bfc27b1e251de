import TensorCore
import Testing

/// What the pool keeps, and what it gives back.
@Suite(.serialized) struct StoragePoolTests {
  private static let mebibyte = 1 << 20

  @Test func freeBlockServesTheNextRequestOfItsSize() {
    let first = StoragePool.take(3 * Self.mebibyte)
    StoragePool.give(first)

    let second = StoragePool.take(3 * Self.mebibyte - 100)
    defer { StoragePool.give(second) }

    #expect(second.size == StoragePool.classSize(3 * Self.mebibyte))
  }

  @Test func onlyPassingRequestsTakeLargerBlocks() {
    StoragePool.give(StoragePool.take(5000 * Self.mebibyte))

    let lasting = StoragePool.take(2500 * Self.mebibyte)
    StoragePool.give(StoragePool.take(5000 * Self.mebibyte))
    let passing = StoragePool.take(2500 * Self.mebibyte + 600_000_000, isPassing: true)
    StoragePool.give(lasting)
    StoragePool.give(passing)
    StoragePool.trim()

    // Nobody else asks for such sizes; untouched pages cost nothing.
    #expect(lasting.size == StoragePool.classSize(2500 * Self.mebibyte))
    #expect(passing.size == StoragePool.classSize(5000 * Self.mebibyte))
  }

  @Test(arguments: [1, 255, 256, 257, 4096, 100_000, 1 << 20, (1 << 20) + 1, 5_000_000])
  func classIsAtLeastTheRequestAndAtMostAQuarterMore(_ bytes: Int) {
    let size = StoragePool.classSize(bytes)

    #expect(size >= bytes && size <= max(256, bytes + bytes / 4))
    #expect(StoragePool.classSize(size) == size)
  }

  /// Sizes that rise without end: what was used for the smaller ones is given back for the larger.
  @Test func requestsOfEverDifferentSizesDoNotPileUp() {
    StoragePool.trim()
    var most = 0
    for size in 1...60 {
      let blocks = (0..<4).map { _ in StoragePool.take(size * Self.mebibyte) }
      for block in blocks {
        block.pointer.storeBytes(of: 1, as: UInt8.self)
        StoragePool.give(block)
      }
      most = max(most, StoragePool.heldBytes)
    }

    // Four blocks of the largest size and a quarter; all sizes together would be 7 GB. Other tests share the pool.
    #expect(most < 900 * Self.mebibyte, "\(most >> 20) MiB")
  }
}
