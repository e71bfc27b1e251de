/// Operations on the rows of a tensor: its slices along the innermost dimension.
extension Tensor {
  /// How many rows make one piece of work of a few microseconds.
  package static func rowGrain(columns: Int) -> Int { max(1, 16_384 / max(columns, 1)) }

  /// A tensor of the same shape made row range by row range; `body` gets source, destination and rows.
  package func mapRows(
    _ body: (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Range<Int>) -> Void
  ) -> Tensor {
    let columns = shape.last
    return Tensor(shape: shape) { out in
      withUnsafePointer { x in
        ThreadPool.shared.forEachRange(shape.rows, grain: Self.rowGrain(columns: columns)) { rows in
          let at = rows.lowerBound * columns
          body(x + at, out + at, rows)
        }
      }
    }
  }

  private func requireVector(_ other: Tensor, _ name: String, _ extent: Int) {
    require(
      other.count == extent, "\(name): \(shape) needs a vector of \(extent), got \(other.shape)")
  }

  /// `self[r, c] + row[c]`.
  public func adding(row: Tensor) -> Tensor {
    requireVector(row, "adding(row:)", shape.last)
    return row.withUnsafePointer { b in
      mapRows { Scalar.kernels.addRow($0, b, $1, $2.count, shape.last) }
    }
  }

  /// `self[r, c] · row[c]`.
  public func multiplied(row: Tensor) -> Tensor {
    requireVector(row, "multiplied(row:)", shape.last)
    return row.withUnsafePointer { w in
      mapRows { Scalar.kernels.multiplyRow($0, w, $1, $2.count, shape.last) }
    }
  }

  /// `self[r, c] · column[r]`.
  public func multiplied(column: Tensor) -> Tensor {
    requireVector(column, "multiplied(column:)", shape.rows)
    return column.withUnsafePointer { s in
      mapRows { Scalar.kernels.multiplyColumn($0, s + $2.lowerBound, $1, $2.count, shape.last) }
    }
  }

  /// The softmax of each row: `exp(x - max) / sum`.
  public func softmax() -> Tensor {
    mapRows { Scalar.kernels.softmax($0, $1, $2.count, shape.last) }
  }

  /// The sum of each row, `[…, 1]`.
  public func rowSums() -> Tensor {
    Tensor(shape: shape.replacingLast(by: 1)) { out in
      withUnsafePointer { x in
        let columns = shape.last
        ThreadPool.shared.forEachRange(shape.rows, grain: Self.rowGrain(columns: columns)) {
          let at = $0.lowerBound
          Scalar.kernels.rowSum(x + at * columns, out + at, $0.count, columns)
        }
      }
    }
  }

  /// The sum over all rows, `[columns]`: by blocks of 64 rows, then over the blocks in order.
  public func columnSums() -> Tensor {
    let columns = shape.last
    return Tensor.blockwiseColumnSums(rows: shape.rows, columns: columns) { rows, sums in
      withUnsafePointer { x in
        Scalar.kernels.columnSum(x + rows.lowerBound * columns, sums, rows.count, columns)
      }
    }
  }

  /// Sums over rows that `body` adds into its block's accumulator; the order depends on sizes alone.
  package static func blockwiseColumnSums(
    rows: Int, columns: Int, _ body: (Range<Int>, UnsafeMutablePointer<Scalar>) -> Void
  ) -> Tensor {
    let block = 64
    let blocks = max((rows + block - 1) / block, 1)
    let partial = Tensor(shape: [blocks, columns]) { sums in
      sums.zero(blocks * columns)
      ThreadPool.shared.forEachRange(rows, grain: block) {
        body($0, sums + $0.lowerBound / block * columns)
      }
    }
    var total = Tensor.zeros([columns])
    total.withUnsafeMutablePointer { sums in
      partial.withUnsafePointer { Scalar.kernels.columnSum($0, sums, blocks, columns) }
    }
    return total
  }

  /// Rows `indices` of a table, `[indices.count, columns]`.
  ///
  /// - Precondition: Every index is a row of `self`, `[rows, columns]`.
  public func gatheringRows(_ indices: [Int32]) -> Tensor {
    let columns = shape.last
    for index in indices {
      require(
        index >= 0 && Int(index) < shape.rows, "gatheringRows: row \(index) of \(shape)")
    }
    return Tensor(shape: [indices.count, columns]) { out in
      withUnsafePointer { table in
        for (row, index) in indices.enumerated() {
          (out + row * columns).update(from: table + Int(index) * columns, count: columns)
        }
      }
    }
  }

  /// A table `[rows, columns]` of zeros to whose row `indices[i]` row `i` of `self` was added, in order.
  package func scatteringRows(_ indices: [Int32], rows: Int) -> Tensor {
    let columns = shape.last
    require(indices.count == shape.rows, "scatteringRows: \(indices.count) indices for \(shape)")
    var table = Tensor.zeros([rows, columns])
    table.withUnsafeMutablePointer { out in
      withUnsafePointer { x in
        for (row, index) in indices.enumerated() {
          let target = out + Int(index) * columns
          Scalar.kernels.add(target, x + row * columns, target, columns)
        }
      }
    }
    return table
  }
}
