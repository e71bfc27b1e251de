internal import CKernels

/// A weight that never changes, packed once in bf16 for products from both sides.
///
/// Operands are rounded to bf16, to nearest even: the weight here, activations as they are read, each by
/// at most one part in 512. Sums are f32. The bits depend neither on the number of threads nor on how many
/// rows are multiplied.
///
/// `@unchecked Sendable` is sound because the packed weights are written only inside `init`.
package final class FrozenMatrix: @unchecked Sendable {
  /// Whether this processor multiplies bf16 itself; otherwise products are emulated, slowly.
  package static let isSupported = KernelSelection.name == "avx512" && ck_gemm_bf16_detect() != 0

  /// `[n, k]`, the layout that linear layers store.
  package let shape: Shape

  /// `wᵀ`, `k` by `n`, and `w`, `n` by `k`, as right operands.
  private let forward: Packed
  private let backward: Packed
  private let isEmulated: Bool

  /// Packs a weight `[n, k]`; takes as much memory as the weight itself in f32.
  ///
  /// - Parameters:
  ///   - weight: `[n, k]`.
  ///   - isEmulated: Whether to run without the processor's bf16, for comparison.
  package init(_ weight: Tensor<Float>, isEmulated: Bool = !FrozenMatrix.isSupported) {
    require(weight.shape.rank == 2, "FrozenMatrix: a weight of shape \(weight.shape)")
    shape = weight.shape
    self.isEmulated = isEmulated
    forward = Packed(weight, transposes: true)
    backward = Packed(weight, transposes: false)
  }

  /// `x · wᵀ`.
  ///
  /// - Parameter x: `[m, k]`.
  /// - Returns: `[m, n]`.
  package func multiply(_ x: Tensor<Float>) -> Tensor<Float> {
    require(x.shape.rank == 2 && x.shape[1] == shape[1], "FrozenMatrix: \(x.shape) by \(shape)ᵀ")
    return Tensor(shape: [x.shape[0], shape[0]]) { run(forward, x, beta: 0, into: $0) }
  }

  /// Adds `dy · w` into a gradient, or makes it the gradient when there is none yet.
  ///
  /// - Parameters:
  ///   - dy: `[m, n]`.
  ///   - gradient: `[m, k]`, or nil.
  package func multiplyTransposed(_ dy: Tensor<Float>, into gradient: inout Tensor<Float>?) {
    require(dy.shape.rank == 2 && dy.shape[1] == shape[0], "FrozenMatrix: \(dy.shape) by \(shape)")
    let extents: Shape = [dy.shape[0], shape[1]]
    if gradient == nil {
      gradient = Tensor(shape: extents) { run(backward, dy, beta: 0, into: $0) }
      return
    }
    require(gradient?.shape == extents, "FrozenMatrix: \(dy.shape) by \(shape) into another shape")
    gradient?.withUnsafeMutablePointer { run(backward, dy, beta: 1, into: $0) }
  }

  private func run(
    _ operand: Packed, _ x: Tensor<Float>, beta: Float, into c: UnsafeMutablePointer<Float>
  ) {
    let (m, k, n) = (x.shape[0], operand.k, operand.n)
    if m == 0 || n == 0 { return }
    let tiles = GEMMTiles.frozen(m: m, n: n, k: k)
    let across = (n + tiles.columns - 1) / tiles.columns
    let down = (m + tiles.rows - 1) / tiles.rows
    x.withUnsafePointer { a in
      ThreadPool.shared.forEach(across * down) { index in
        let (row, column) = (index / across * tiles.rows, index % across * tiles.columns)
        var call = ck_gemm_bf16_call(
          m: min(tiles.rows, m - row), k: k, from: column, to: min(column + tiles.columns, n),
          a: a + row * k, lda: max(k, 1), b: operand.pointer, beta: beta, c: c + (row * n + column),
          ldc: n)
        let bytes = ck_gemm_bf16_workspace()
        let block = StoragePool.take(bytes)
        let workspace = block.pointer
        if isEmulated {
          ck_gemm_bf16_portable(&call, workspace)
        } else {
          ck_gemm_bf16(&call, workspace)
        }
        StoragePool.give(block)
      }
    }
  }
}

/// A right operand in panels.
private final class Packed {
  let k: Int
  let n: Int
  let pointer: UnsafeMutablePointer<UInt16>
  private let block: StoragePool.Block

  /// The transpose of `weight`, or `weight`.
  init(_ weight: Tensor<Float>, transposes: Bool) {
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let (k, n) = transposes ? (columns, rows) : (rows, columns)
    let count = ck_gemm_bf16_packed_count(k, n)
    let bytes = max(count, 1) * MemoryLayout<UInt16>.stride
    let block = StoragePool.take(bytes)
    let pointer = block.pointer.bindMemory(to: UInt16.self, capacity: count)
    weight.withUnsafePointer { b in
      ThreadPool.shared.forEachRange(n, grain: 64) {
        ck_gemm_bf16_pack(
          transposes ? 1 : 0, b, max(columns, 1), k, $0.lowerBound, $0.upperBound, pointer)
      }
    }
    (self.k, self.n, self.block, self.pointer) = (k, n, block, pointer)
  }

  deinit { StoragePool.give(block) }
}
