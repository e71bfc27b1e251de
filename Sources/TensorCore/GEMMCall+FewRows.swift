extension GEMMCall {
  /// Above this, packing the weights for BLAS pays: 18 ms against 42 for a token of a model of 135 million
  /// weights on one core of 2.6 GHz, 34 against 59 for three, but 42 against 38 for four.
  private static var mostFewRows: Int { 3 }

  /// Whether the product is a few rows by a matrix as linear layers store it.
  var hasFewRows: Bool {
    m <= Self.mostFewRows && !transposesA && transposesB && (beta == 0 || beta == 1)
  }

  /// Runs the product as dot products with the rows of `B`, read once and in order, on all threads.
  ///
  /// Each element is one dot product, whatever the number of threads.
  func runByRows(on pool: ThreadPool) {
    let grain = Swift.max(16, 32_768 / Swift.max(k, 1))
    pool.forEachRange(n, grain: grain) { columns in
      // Few enough rows of `B` to stay in the first cache while each row of `A` passes over them.
      for start in stride(from: columns.lowerBound, to: columns.upperBound, by: 16) {
        runBlock(start..<Swift.min(start + 16, columns.upperBound))
      }
    }
  }

  private func runBlock(_ columns: Range<Int>) {
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: 16) { scratch in
      guard let products = scratch.baseAddress else { return }
      for row in 0..<m {
        let target = c + (row * ldc + columns.lowerBound)
        let rows = b + columns.lowerBound * ldb
        Scalar.kernels.gemv(rows, ldb, a + row * lda, products, columns.count, k)
        if beta == 0 {
          Scalar.kernels.scale(alpha, products, target, columns.count)
        } else {
          Scalar.kernels.axpy(alpha, products, target, columns.count)
        }
      }
    }
  }
}
