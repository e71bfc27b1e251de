package import TensorCore

extension Variable {
  /// Root-mean-square normalisation (Zhang and Sennrich 2019): `y = x / √(mean(x²) + ε) · w`.
  ///
  /// With `k = 1/√(mean(x²) + ε)`: `∂L/∂x = k (w ∂L/∂y - x k² mean(w ∂L/∂y x))`, and
  /// `∂L/∂w = Σᵣ ∂L/∂y x k`. Keeps `x` and `k`.
  ///
  /// - Parameters:
  ///   - weight: `[columns]`.
  ///   - epsilon: ε.
  /// - Returns: The shape of `self`.
  public func rmsNorm(weight: Variable, epsilon: Scalar) -> Variable {
    let (rows, columns) = (shape.rows, shape.last)
    require(weight.value.count == columns, "rmsNorm: weight \(weight.shape) for \(shape)")
    var rstd = Tensor<Scalar>.zeros([rows])
    let y = rstd.withUnsafeMutablePointer { rstd in
      weight.value.withUnsafePointer { w in
        value.mapRows { x, out, rows in
          Scalar.kernels.rmsNorm(x, w, out, rstd + rows.lowerBound, rows.count, columns, epsilon)
        }
      }
    }
    return .recorded(
      "rmsNorm", y,
      Operand(
        self,
        accumulating: { [x = value, w = weight.value, rstd] upstream, gradient in
          x.accumulateRMSNormGradient(w, rstd, upstream, into: &gradient)
        }),
      Operand(weight) { [x = value, rstd, shape = weight.shape] upstream in
        x.rmsNormWeightGradient(rstd, upstream).reshaped(shape)
      })
  }
}

extension Tensor {
  fileprivate func accumulateRMSNormGradient(
    _ weight: Tensor, _ rstd: Tensor, _ upstream: Tensor, into gradient: inout Tensor?
  ) {
    let (rows, columns) = (shape.rows, shape.last)
    let accumulates: Int32 = gradient == nil ? 0 : 1
    var result = gradient ?? Tensor(shape: shape) { _ in }
    gradient = nil
    result.withUnsafeMutablePointer { dx in
      withUnsafePointers(weight, rstd, upstream) { x, w, k, dy in
        ThreadPool.shared.forEachRange(rows, grain: Self.rowGrain(columns: columns)) {
          let (row, at) = ($0.lowerBound, $0.lowerBound * columns)
          Scalar.kernels.rmsNormBackward(
            x + at, w, k + row, dy + at, dx + at, $0.count, columns, accumulates)
        }
      }
    }
    gradient = result
  }

  fileprivate func rmsNormWeightGradient(_ rstd: Tensor, _ upstream: Tensor) -> Tensor {
    let columns = shape.last
    return withUnsafePointers(rstd, upstream, upstream) { x, k, dy, _ in
      .blockwiseColumnSums(rows: shape.rows, columns: columns) { rows, sums in
        let at = rows.lowerBound * columns
        Scalar.kernels.rmsNormWeight(
          x + at, k + rows.lowerBound, dy + at, sums, rows.count, columns)
      }
    }
  }

  /// The addresses of four tensors.
  package func withUnsafePointers<R>(
    _ second: Tensor, _ third: Tensor, _ fourth: Tensor,
    _ body: (
      UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>
    ) -> R
  ) -> R {
    withUnsafePointer { a in
      second.withUnsafePointer { b in
        third.withUnsafePointer { c in fourth.withUnsafePointer { body(a, b, c, $0) } }
      }
    }
  }
}
