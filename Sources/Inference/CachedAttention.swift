import Autodiff
import TensorCore

/// Attention of one sequence's new rows over its cached keys and values, the new ones included.
struct CachedAttention {
  /// The first new row, `heads · head` a row.
  let queries: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let buffer: KeyValueBuffer
  /// The position of the first new row.
  let offset: Int
  /// How many new rows there are.
  let count: Int
  let shape: AttentionShape

  private var keyStride: Int { shape.keyValueHeads * shape.head }
  private var group: Int { shape.heads / shape.keyValueHeads }

  /// Computes a tile of one head's rows; `queries` and `output` point at that head.
  func computeTile(_ tile: Int, head: Int) {
    let stride = shape.heads * shape.head
    let keyHead = head / group * shape.head
    AttentionHead(
      queries: queries, queryStride: stride, queryCount: count, keys: buffer.keys + keyHead,
      values: buffer.values + keyHead, keyStride: keyStride, keyCount: offset + count,
      head: shape.head, offset: offset, window: shape.window, scale: shape.scale()
    ).forward(tile: tile, output: output, outputStride: stride, logSumExp: nil)
  }

  /// Computes the only row for all query heads that share key head `index`; `queries` and `output` point
  /// at the first of them.
  ///
  /// The heads stand side by side, so that they are the rows of a matrix: `softmax(Q Kᵀ / √head) V`.
  func computeGroup(_ index: Int) {
    let last = offset + 1
    let first = shape.window.map { max(0, last - $0) } ?? 0
    let visible = last - first
    let at = first * keyStride + index * shape.head
    let bytes = group * visible * MemoryLayout<Float>.stride
    let block = StoragePool.take(bytes)
    defer { StoragePool.give(block) }
    let scores = block.pointer.bindMemory(to: Float.self, capacity: group * visible)
    Float.gemm(
      GEMMCall(
        transposesB: true, m: group, n: visible, k: shape.head, alpha: shape.scale(), a: queries,
        lda: shape.head, b: buffer.keys + at, ldb: keyStride, c: scores, ldc: visible))
    Float.kernels.softmax(scores, scores, group, visible)
    Float.gemm(
      GEMMCall(
        m: group, n: shape.head, k: visible, a: scores, lda: visible, b: buffer.values + at,
        ldb: keyStride, c: output, ldc: shape.head))
  }
}
