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

extension GEMMCall<Float> {
  /// One `cblas_sgemm` call on this thread.
  package func runOnBLAS() {
    _ = blasIsReady
    cblas_sgemm(
      CblasRowMajor, transposesA ? CblasTrans : CblasNoTrans,
      transposesB ? CblasTrans : CblasNoTrans, blasIndex(m), blasIndex(n), blasIndex(k), alpha, a,
      blasIndex(lda), b, blasIndex(ldb), beta, c, blasIndex(ldc))
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

  /// One product on all threads of `pool`.
  public static func gemmTiled(_ call: GEMMCall<Double>, on pool: ThreadPool) {
    call.runTiledOnBLAS(on: pool)
  }
}
