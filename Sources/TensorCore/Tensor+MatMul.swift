extension Tensor {
  /// Multiplies two matrices, copying neither to transpose it.
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
