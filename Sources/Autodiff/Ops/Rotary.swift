public import TensorCore

/// Cosines and sines of each row's rotation, `[rows, head / 2]`, shared by all heads and layers.
public struct RotaryAngles<Scalar: TensorScalar>: Sendable {
  /// The cosines.
  public let cosines: Tensor<Scalar>
  /// The sines.
  public let sines: Tensor<Scalar>

  /// Tables that were made elsewhere.
  ///
  /// - Precondition: Both are `[rows, head / 2]`.
  public init(cosines: Tensor<Scalar>, sines: Tensor<Scalar>) {
    require(
      cosines.shape == sines.shape && cosines.shape.rank == 2,
      "RotaryAngles: \(cosines.shape) and \(sines.shape)")
    (self.cosines, self.sines) = (cosines, sines)
  }
}

extension Variable {
  /// Rotary position embedding in Hugging Face's layout.
  ///
  /// Su et al. 2021. Element `i` of a head pairs with element `i + head / 2`: `(a, b) → (a cos - b sin, b cos + a sin)`.
  ///
  /// A rotation is orthogonal: `∂L/∂x` is `∂L/∂y` rotated back.
  ///
  /// - Parameters:
  ///   - heads: How many heads each row holds side by side.
  ///   - angles: One row of angles for each row of `self`.
  /// - Returns: The shape of `self`.
  public func rotated(heads: Int, angles: RotaryAngles<Scalar>) -> Variable {
    .recorded(
      "rotary", value.rotated(heads, angles, sign: 1),
      Operand(self) { $0.rotated(heads, angles, sign: -1) })
  }
}

extension Tensor {
  package func rotated(_ heads: Int, _ angles: RotaryAngles<Scalar>, sign: Scalar) -> Tensor {
    let columns = shape.last
    let head = columns / heads
    let half = head / 2
    require(
      head * heads == columns && half * 2 == head && angles.cosines.shape == [shape.rows, half],
      "rotated: \(shape) of \(heads) heads with angles \(angles.cosines.shape)")
    return angles.cosines.withUnsafePointer { cosines in
      angles.sines.withUnsafePointer { sines in
        mapRows { x, out, rows in
          let at = rows.lowerBound * half
          Scalar.kernels.rope(
            x, columns, cosines + at, sines + at, out, columns, rows.count, heads, head, sign)
        }
      }
    }
  }
}
