internal import COpenBLAS

/// OpenBLAS works on one thread; we cut the tiles (its results depend on its own thread count).
private let blasIsReady: Void = openblas_set_num_threads(1)

/// The name of the processor whose kernels OpenBLAS uses.
package var blasCoreName: String {
  _ = blasIsReady
  return String(cString: openblas_get_corename())
}

private func blasIndex(_ value: Int) -> Int32 {
  guard let index = Int32(exactly: value) else {
    fatalError("matmul: extent \(value) is beyond the 32-bit indices of BLAS")
  }
  return index
}

extension Float {
  /// One `cblas_sgemm` call on this thread.
  public static func gemm(_ call: GEMMCall<Float>) {
    _ = blasIsReady
    cblas_sgemm(
      CblasRowMajor, call.transposesA ? CblasTrans : CblasNoTrans,
      call.transposesB ? CblasTrans : CblasNoTrans, blasIndex(call.m), blasIndex(call.n),
      blasIndex(call.k), call.alpha, call.a, blasIndex(call.lda), call.b, blasIndex(call.ldb),
      call.beta, call.c, blasIndex(call.ldc))
  }
}

extension Double {
  /// One `cblas_dgemm` call on this thread.
  public static func gemm(_ call: GEMMCall<Double>) {
    _ = blasIsReady
    cblas_dgemm(
      CblasRowMajor, call.transposesA ? CblasTrans : CblasNoTrans,
      call.transposesB ? CblasTrans : CblasNoTrans, blasIndex(call.m), blasIndex(call.n),
      blasIndex(call.k), call.alpha, call.a, blasIndex(call.lda), call.b, blasIndex(call.ldb),
      call.beta, call.c, blasIndex(call.ldc))
  }
}

extension GEMMCall {
  /// Runs the product in tiles of `C` on all threads; the tiles depend on the extents alone.
  package func runTiled() {
    if m == 0 || n == 0 { return }
    if hasFewRows { return runByRows() }
    let (tileM, tileN) = GEMMTiles.extents(m: m, n: n, k: k)
    let across = (n + tileN - 1) / tileN
    let down = (m + tileM - 1) / tileM
    ThreadPool.shared.forEach(across * down) { index in
      let (row, column) = (index / across * tileM, index % across * tileN)
      var tile = self
      tile.m = Swift.min(tileM, m - row)
      tile.n = Swift.min(tileN, n - column)
      tile.a = a + (transposesA ? row : row * lda)
      tile.b = b + (transposesB ? column * ldb : column)
      tile.c = c + (row * ldc + column)
      Scalar.gemm(tile)
    }
  }
}

/// How a product is cut into tiles of its result.
package enum GEMMTiles {
  /// Tiles small enough to balance, large enough that packing their operands costs little.
  package static func extents(m: Int, n: Int, k: Int) -> (m: Int, n: Int) {
    if m * n * Swift.max(k, 1) < 1 << 18 { return (m, n) }
    // Decoding: one row for each of a batch of sequences.
    if m <= 64 && n >= 4 * m { return (m, Swift.min(roundedUp((n + 7) / 8, to: 16), 2048)) }
    if m >= 512 { return (256, n > 4096 ? 4096 : n) }
    if n >= 4 * m { return (m, Swift.min(roundedUp((n + 7) / 8, to: 64), 2048)) }
    if m >= 4 * n { return (Swift.max(roundedUp((m + 3) / 4, to: 32), 32), n) }
    return (roundedUp((m + 1) / 2, to: 16), roundedUp((n + 1) / 2, to: 32))
  }

  private static func roundedUp(_ value: Int, to step: Int) -> Int {
    (value + step - 1) / step * step
  }
}

extension Tensor {
  /// Multiplies two matrices through BLAS, copying neither to transpose it.
  ///
  /// - Parameters:
  ///   - other: The right operand, `[k, n]`, or `[n, k]` when `transposingOther`.
  ///   - transposingSelf: Whether `self` is `[k, m]` rather than `[m, k]`.
  ///   - transposingOther: Whether `other` is `[n, k]`.
  ///   - factor: What the product is multiplied by.
  /// - Returns: The product, `[m, n]`.
  /// - Precondition: Both operands have rank 2 and agree on `k`.
  /// - Complexity: O(m · n · k).
  public func matmul(
    _ other: Tensor, transposingSelf: Bool = false, transposingOther: Bool = false,
    factor: Scalar = 1
  ) -> Tensor {
    let (m, n) = productExtents(other, transposingSelf, transposingOther)
    return Tensor(shape: [m, n]) { c in
      multiply(other, transposingSelf, transposingOther, factor, beta: 0, into: c)
    }
  }

  /// Adds `factor` times the product of `a` and `b` in place; see `matmul`.
  package mutating func addProduct(
    _ a: Tensor, _ b: Tensor, transposingA: Bool = false, transposingB: Bool = false,
    factor: Scalar = 1
  ) {
    let (m, n) = a.productExtents(b, transposingA, transposingB)
    require(shape == [m, n], "addProduct: [\(m), \(n)] into \(shape)")
    withUnsafeMutablePointer { c in
      a.multiply(b, transposingA, transposingB, factor, beta: 1, into: c)
    }
  }

  private func productExtents(_ other: Tensor, _ transposingSelf: Bool, _ transposingOther: Bool)
    -> (Int, Int)
  {
    require(
      shape.rank == 2 && other.shape.rank == 2,
      "matmul: operands must be matrices, got \(shape) and \(other.shape)")
    let k = transposingSelf ? shape[0] : shape[1]
    let otherK = transposingOther ? other.shape[1] : other.shape[0]
    require(k == otherK, "matmul: inner extents differ, \(shape) by \(other.shape)")
    return (
      transposingSelf ? shape[1] : shape[0], transposingOther ? other.shape[0] : other.shape[1]
    )
  }

  private func multiply(
    _ other: Tensor, _ transposingSelf: Bool, _ transposingOther: Bool, _ factor: Scalar,
    beta: Scalar, into c: UnsafeMutablePointer<Scalar>
  ) {
    let (m, n) = productExtents(other, transposingSelf, transposingOther)
    withUnsafePointer { a in
      other.withUnsafePointer { b in
        GEMMCall(
          transposesA: transposingSelf, transposesB: transposingOther, m: m, n: n,
          k: transposingSelf ? shape[0] : shape[1], alpha: factor, a: a, lda: max(shape[1], 1),
          b: b, ldb: max(other.shape[1], 1), beta: beta, c: c, ldc: max(n, 1)
        ).runTiled()
      }
    }
  }

  /// Multiplies matrices pairwise over the leading dimension.
  ///
  /// - Parameters:
  ///   - other: `[batch, k, n]`, or `[batch, n, k]` when `transposingOther`.
  ///   - transposingSelf: Whether `self` is `[batch, k, m]` rather than `[batch, m, k]`.
  ///   - transposingOther: Whether `other` is `[batch, n, k]`.
  /// - Returns: `[batch, m, n]`.
  public func batchedMatmul(
    _ other: Tensor, transposingSelf: Bool = false, transposingOther: Bool = false
  ) -> Tensor {
    require(
      shape.rank == 3 && other.shape.rank == 3 && shape[0] == other.shape[0],
      "batchedMatmul: \(shape) by \(other.shape)")
    let (m, k) = transposingSelf ? (shape[2], shape[1]) : (shape[1], shape[2])
    let (otherK, n) =
      transposingOther ? (other.shape[2], other.shape[1]) : (other.shape[1], other.shape[2])
    require(k == otherK, "batchedMatmul: inner extents differ, \(shape) by \(other.shape)")
    return Tensor(shape: [shape[0], m, n]) { c in
      withUnsafePointer { a in
        other.withUnsafePointer { b in
          ThreadPool.shared.forEach(shape[0]) { index in
            Scalar.gemm(
              GEMMCall(
                transposesA: transposingSelf, transposesB: transposingOther, m: m, n: n, k: k,
                a: a + index * m * k, lda: shape[2], b: b + index * k * n, ldb: other.shape[2],
                c: c + index * m * n, ldc: n))
          }
        }
      }
    }
  }
}
