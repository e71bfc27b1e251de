internal import CKernels

/// Our kernels are for AVX-512, where they outrun OpenBLAS; it serves the other processors.
private let usesOwnKernels = KernelSelection.name == "avx512"

extension Float {
  /// One product on this thread.
  public static func gemm(_ call: GEMMCall<Float>) {
    guard usesOwnKernels else { return call.runOnBLAS() }
    var arguments = call.arguments
    withWorkspace(ck_gemm_f32_workspace(&arguments)) { ck_gemm_f32(&arguments, $0) }
  }

  /// One product on all threads of `pool`.
  public static func gemmTiled(_ call: GEMMCall<Float>, on pool: ThreadPool) {
    if !usesOwnKernels {
      call.runTiledOnBLAS(on: pool)
    } else if let tiles = GEMMTiles.independent(m: call.m, n: call.n, k: call.k) {
      call.forEachTile(tiles, on: pool, gemm)
    } else {
      call.runOnSharedPanels(on: pool)
    }
  }

  private static func withWorkspace(_ bytes: Int, _ body: (UnsafeMutableRawPointer?) -> Void) {
    if bytes == 0 { return body(nil) }
    let block = StoragePool.take(bytes)
    body(block.pointer)
    StoragePool.give(block)
  }

  fileprivate static func gemmPacked(_ call: GEMMCall<Float>, depth: Int) {
    var arguments = call.arguments
    withWorkspace(ck_gemm_f32_packed_workspace()) { workspace in
      guard let workspace else { return }
      ck_gemm_f32_packed(&arguments, depth, workspace)
    }
  }
}

extension GEMMCall<Float> {
  fileprivate var arguments: ck_gemm_f32_call {
    ck_gemm_f32_call(
      transposes_a: transposesA ? 1 : 0, transposes_b: transposesB ? 1 : 0, m: m, n: n, k: k,
      alpha: alpha, a: a, lda: lda, b: b, ldb: ldb, beta: beta, c: c, ldc: ldc)
  }

  /// Elements of B that are packed at a time, 4 MB: they stay in the last cache while all rows use them.
  private static var panelCapacity: Int { 1 << 20 }

  /// Packs B once for all tiles, a part of it at a time: the threads pack, then they multiply.
  fileprivate func runOnSharedPanels(on pool: ThreadPool) {
    let width = Swift.min((n + 31) / 32 * 32, 2048)
    let depth = ck_gemm_f32_depth(k)
    let steps = Swift.max(Self.panelCapacity / (width * depth), 1) * depth
    let bytes = width * Swift.min(steps, k) * MemoryLayout<Float>.stride
    let block = StoragePool.take(bytes)
    let panels = block.pointer.bindMemory(to: Float.self, capacity: width * Swift.min(steps, k))
    for column in stride(from: 0, to: n, by: width) {
      for step in stride(from: 0, to: k, by: steps) {
        var part = self.part(rows: 0..<m, columns: column..<Swift.min(column + width, n))
        part.k = Swift.min(steps, k - step)
        part.a += transposesA ? step * lda : step
        part.b += transposesB ? step : step * ldb
        part.beta = step == 0 ? beta : 1
        part.pack(into: panels, on: pool)
        part.b = UnsafePointer(panels)
        let tiles = GEMMTiles(rows: GEMMTiles.sharedRows(m: m), columns: part.n)
        part.forEachTile(tiles, on: pool) { Float.gemmPacked($0, depth: depth) }
      }
    }
    StoragePool.give(block)
  }

  private func pack(into panels: UnsafeMutablePointer<Float>, on pool: ThreadPool) {
    pool.forEachRange(n, grain: 64) { columns in
      ck_gemm_f32_pack(
        transposesB ? 1 : 0, b + (transposesB ? columns.lowerBound * ldb : columns.lowerBound), ldb,
        k, columns.count, panels + columns.lowerBound * k)
    }
  }
}
