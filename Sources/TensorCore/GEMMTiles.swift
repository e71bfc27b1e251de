/// How a product is cut into tiles of its result.
///
/// Extents alone decide, so that every number of threads makes the same bits.
package struct GEMMTiles {
  /// Rows and columns of a tile; those at the edges may be smaller.
  package var rows: Int
  package var columns: Int

  /// Below this many multiplications, handing work to another thread costs more than it saves.
  package static let smallest = 1 << 18

  /// Tiles for BLAS: small enough to balance, large enough that packing their operands costs little.
  package static func forBLAS(m: Int, n: Int, k: Int) -> GEMMTiles {
    if m * n * max(k, 1) < smallest { return GEMMTiles(rows: m, columns: n) }
    // Decoding: one row for each of a batch of sequences.
    if m <= 64 && n >= 4 * m {
      return GEMMTiles(rows: m, columns: min(part(n, of: 8, step: 16), 2048))
    }
    if m >= 512 { return GEMMTiles(rows: 256, columns: n > 4096 ? 4096 : n) }
    if n >= 4 * m { return GEMMTiles(rows: m, columns: min(part(n, of: 8, step: 64), 2048)) }
    if m >= 4 * n { return GEMMTiles(rows: part(m, of: 4, step: 32), columns: n) }
    return GEMMTiles(rows: part(m, of: 2, step: 16), columns: part(n, of: 2, step: 32))
  }

  /// Tiles that are products of their own for our kernels; nil when the tiles should share a packed B.
  package static func independent(m: Int, n: Int, k: Int) -> GEMMTiles? {
    if m * n * max(k, 1) < smallest { return GEMMTiles(rows: m, columns: n) }
    // Narrow results: B is small, and each tile packs it for itself.
    if n <= 128 { return GEMMTiles(rows: part(m, of: 8, step: 32), columns: n) }
    guard m <= 256 && k <= 4096 else { return nil }
    // Few rows: tiles of at most 128 columns read A where it lies; a vocabulary is cut more coarsely.
    let columns = part(n, of: 8, step: 32)
    return GEMMTiles(rows: m, columns: min(columns, n > 8192 ? 1024 : 128))
  }

  /// Rows of a tile where the tiles share a packed B.
  package static func sharedRows(m: Int) -> Int { min(max(part(m, of: 8, step: 2), 64), 128) }

  /// Tiles of a product with a packed matrix.
  package static func frozen(m: Int, n: Int, k: Int) -> GEMMTiles {
    if m * n * max(k, 1) < smallest { return GEMMTiles(rows: m, columns: n) }
    // A vocabulary streams from memory, once for all rows of a tile.
    if n > 4096 { return GEMMTiles(rows: min(m, 256), columns: 2048) }
    if m <= 128 { return GEMMTiles(rows: m, columns: part(n, of: 8, step: 32)) }
    return GEMMTiles(rows: sharedRows(m: m), columns: n)
  }

  /// One of `count` parts of an extent, a multiple of `step`.
  private static func part(_ extent: Int, of count: Int, step: Int) -> Int {
    let part = (extent + count - 1) / count
    return (part + step - 1) / step * step
  }
}

extension GEMMCall {
  /// The product for the elements of `C` in these rows and columns.
  package func part(rows: Range<Int>, columns: Range<Int>) -> GEMMCall {
    var part = self
    part.m = rows.count
    part.n = columns.count
    part.a = a + (transposesA ? rows.lowerBound : rows.lowerBound * lda)
    part.b = b + (transposesB ? columns.lowerBound * ldb : columns.lowerBound)
    part.c = c + (rows.lowerBound * ldc + columns.lowerBound)
    return part
  }

  /// Calls `body` for each tile of `C`, on all threads of `pool`.
  package func forEachTile(
    _ tiles: GEMMTiles, on pool: ThreadPool, _ body: (GEMMCall) -> Void
  ) {
    let across = (n + tiles.columns - 1) / tiles.columns
    let down = (m + tiles.rows - 1) / tiles.rows
    pool.forEach(across * down) { index in
      let (row, column) = (index / across * tiles.rows, index % across * tiles.columns)
      body(
        part(
          rows: row..<Swift.min(row + tiles.rows, m),
          columns: column..<Swift.min(column + tiles.columns, n)))
    }
  }

  /// Runs the product in tiles of `C` on all threads; the tiles depend on the extents alone.
  package func runTiled(on pool: ThreadPool = .shared) {
    if m == 0 || n == 0 { return }
    Scalar.gemmTiled(self, on: pool)
  }
}

extension GEMMCall {
  /// Tiles of independent products, or dot products where there are few rows.
  package func runTiledOnBLAS(on pool: ThreadPool) {
    if hasFewRows { return runByRows(on: pool) }
    forEachTile(.forBLAS(m: m, n: n, k: k), on: pool, Scalar.gemm)
  }
}
