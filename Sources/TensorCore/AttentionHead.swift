/// Attention of one head over one document, without keeping the matrix of scores.
///
/// Query row `i` stands at position `offset + i` and sees the keys at positions
/// `max(0, offset + i - window + 1) ... offset + i`. Rows are strided, so that heads are read where the
/// projections left them. Online softmax after Milakov and Gimelshein (2018), tiled as in
/// FlashAttention (Dao et al. 2022).
package struct AttentionHead<Scalar: TensorScalar> {
  package var queries: UnsafePointer<Scalar>
  package var queryStride: Int
  package var queryCount: Int
  package var keys: UnsafePointer<Scalar>
  package var values: UnsafePointer<Scalar>
  package var keyStride: Int
  package var keyCount: Int
  package var head: Int
  package var offset = 0
  package var window: Int?
  package var scale: Scalar

  package init(
    queries: UnsafePointer<Scalar>, queryStride: Int, queryCount: Int,
    keys: UnsafePointer<Scalar>, values: UnsafePointer<Scalar>, keyStride: Int, keyCount: Int,
    head: Int, offset: Int = 0, window: Int? = nil, scale: Scalar
  ) {
    (self.queries, self.queryStride, self.queryCount) = (queries, queryStride, queryCount)
    (self.keys, self.values) = (keys, values)
    (self.keyStride, self.keyCount) = (keyStride, keyCount)
    (self.head, self.offset, self.window, self.scale) = (head, offset, window, scale)
  }

  /// Rows of a tile of scores, and its columns.
  package static var tileRows: Int { 64 }
  package static var tileColumns: Int { 256 }

  /// How many tiles of queries there are.
  package var queryTiles: Int { (queryCount + Self.tileRows - 1) / Self.tileRows }

  /// The keys that the rows of a query tile see between them.
  private func visible(_ rows: Range<Int>) -> Range<Int> {
    let first = window.map { max(0, offset + rows.lowerBound - $0 + 1) } ?? 0
    return first..<min(keyCount, offset + rows.upperBound)
  }

  /// Fills the bounds of each row within the key tile `columns`.
  private func fillBounds(
    _ rows: Range<Int>, _ columns: Range<Int>, _ low: UnsafeMutablePointer<Int32>,
    _ high: UnsafeMutablePointer<Int32>
  ) {
    for row in rows {
      let position = offset + row
      let first = window.map { max(0, position - $0 + 1) } ?? 0
      let from = min(max(first - columns.lowerBound, 0), columns.count)
      let to = min(max(position + 1 - columns.lowerBound, from), columns.count)
      low[row - rows.lowerBound] = Int32(from)
      high[row - rows.lowerBound] = Int32(to)
    }
  }

  /// Scores `q kᵀ` of a query tile against a key tile, unscaled, `[rows, columns]`.
  private func scores(
    _ rows: Range<Int>, _ columns: Range<Int>, into s: UnsafeMutablePointer<Scalar>
  ) {
    Scalar.gemm(
      GEMMCall(
        transposesB: true, m: rows.count, n: columns.count, k: head,
        a: queries + rows.lowerBound * queryStride, lda: queryStride,
        b: keys + columns.lowerBound * keyStride, ldb: keyStride, c: s, ldc: columns.count))
  }

  /// Calls `body` for each key tile that query tile `index` sees.
  private func forEachTile(
    _ rows: Range<Int>, _ bounds: UnsafeMutablePointer<Int32>, _ body: (Range<Int>) -> Void
  ) {
    let visible = visible(rows)
    for start in stride(from: visible.lowerBound, to: visible.upperBound, by: Self.tileColumns) {
      let columns = start..<min(start + Self.tileColumns, visible.upperBound)
      fillBounds(rows, columns, bounds, bounds + Self.tileRows)
      body(columns)
    }
  }

  private func rows(of tile: Int) -> Range<Int> {
    let start = tile * Self.tileRows
    return start..<min(start + Self.tileRows, queryCount)
  }

  private func withScratch(
    _ scores: Int, _ body: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Int32>) -> Void
  ) {
    let bytes = scores * MemoryLayout<Scalar>.stride + 2 * Self.tileRows * 4
    let block = StoragePool.take(bytes)
    body(
      (block.pointer + 2 * Self.tileRows * 4).bindMemory(to: Scalar.self, capacity: scores),
      block.pointer.bindMemory(to: Int32.self, capacity: 2 * Self.tileRows))
    StoragePool.give(block)
  }

  /// Computes query tile `tile`.
  ///
  /// - Parameters:
  ///   - tile: Its index.
  ///   - output: Row 0 of this head's output.
  ///   - outputStride: From one row of the output to the next.
  ///   - logSumExp: Receives the logarithm of each row's softmax denominator; nil when not wanted.
  package func forward(
    tile: Int, output: UnsafeMutablePointer<Scalar>, outputStride: Int,
    logSumExp: UnsafeMutablePointer<Scalar>?
  ) {
    let kernels = Scalar.kernels
    let rows = rows(of: tile)
    let scoreCount = Self.tileRows * Self.tileColumns
    withScratch(scoreCount + 2 * Self.tileRows) { s, bounds in
      let m = s + scoreCount
      let l = m + Self.tileRows
      m.update(repeating: -.infinity, count: rows.count)
      l.zero(rows.count)
      let o = output + rows.lowerBound * outputStride
      for row in 0..<rows.count { (o + row * outputStride).zero(head) }
      forEachTile(rows, bounds) { columns in
        scores(rows, columns, into: s)
        kernels.attentionSoftmax(
          s, columns.count, rows.count, columns.count, bounds, bounds + Self.tileRows, scale, m, l,
          o, outputStride, head)
        Scalar.gemm(
          GEMMCall(
            m: rows.count, n: head, k: columns.count, a: s, lda: columns.count,
            b: values + columns.lowerBound * keyStride, ldb: keyStride, beta: 1, c: o,
            ldc: outputStride))
      }
      for row in 0..<rows.count {
        let o = o + row * outputStride
        kernels.scale(1 / l[row], o, o, head)
      }
      guard let logSumExp = logSumExp.map({ $0 + rows.lowerBound }) else { return }
      kernels.log(l, logSumExp, rows.count)
      kernels.add(logSumExp, m, logSumExp, rows.count)
    }
  }

  /// Computes this head's gradients, all tiles in order.
  ///
  /// With `P = exp(scale q kᵀ - lse)` and `δᵢ = ⟨∂L/∂oᵢ, oᵢ⟩`: `∂L/∂v = Pᵀ ∂L/∂o`,
  /// `∂L/∂S = scale P (∂L/∂o vᵀ - δ)`, `∂L/∂q = ∂L/∂S k`, `∂L/∂k = (∂L/∂S)ᵀ q`.
  ///
  /// Rows of all operands are `queryStride` apart, and the gradients start at zero.
  ///
  /// - Parameters:
  ///   - output: What `forward` made.
  ///   - upstream: Its gradient.
  ///   - logSumExp: What `forward` made beside it.
  ///   - dQueries: Receives the gradient of the queries.
  ///   - dKeys: Receives the gradient of the keys.
  ///   - dValues: Receives the gradient of the values.
  package func backward(
    output: UnsafePointer<Scalar>, upstream: UnsafePointer<Scalar>,
    logSumExp: UnsafePointer<Scalar>, dQueries: UnsafeMutablePointer<Scalar>,
    dKeys: UnsafeMutablePointer<Scalar>, dValues: UnsafeMutablePointer<Scalar>
  ) {
    let kernels = Scalar.kernels
    let scoreCount = Self.tileRows * Self.tileColumns
    let ld = queryStride
    for row in 0..<queryCount { (dQueries + row * ld).zero(head) }
    for row in 0..<keyCount {
      (dKeys + row * ld).zero(head)
      (dValues + row * ld).zero(head)
    }
    withScratch(2 * scoreCount + Self.tileRows) { p, bounds in
      let dP = p + scoreCount
      let delta = dP + scoreCount
      for tile in 0..<queryTiles {
        let rows = rows(of: tile)
        let at = rows.lowerBound * ld
        for row in 0..<rows.count {
          delta[row] = kernels.dot(
            upstream + at + row * ld, output + at + row * ld, head)
        }
        forEachTile(rows, bounds) { columns in
          let (m, n, key) = (rows.count, columns.count, columns.lowerBound)
          scores(rows, columns, into: p)
          kernels.attentionProbabilities(
            p, n, m, n, bounds, bounds + Self.tileRows, scale, logSumExp + rows.lowerBound)
          Scalar.gemm(
            GEMMCall(
              transposesA: true, m: n, n: head, k: m, a: p, lda: n, b: upstream + at, ldb: ld,
              beta: 1, c: dValues + key * ld, ldc: ld))
          Scalar.gemm(
            GEMMCall(
              transposesB: true, m: m, n: n, k: head, a: upstream + at, lda: ld,
              b: values + key * keyStride, ldb: keyStride, c: dP, ldc: n))
          kernels.attentionScoresBackward(p, dP, n, m, n, scale, delta)
          Scalar.gemm(
            GEMMCall(
              m: m, n: head, k: n, a: dP, lda: n, b: keys + key * keyStride, ldb: keyStride,
              beta: 1, c: dQueries + at, ldc: ld))
          Scalar.gemm(
            GEMMCall(
              transposesA: true, m: n, n: head, k: m, a: dP, lda: n, b: queries + at,
              ldb: queryStride, beta: 1, c: dKeys + key * ld, ldc: ld))
        }
      }
    }
  }
}
