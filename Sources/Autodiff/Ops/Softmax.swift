import TensorCore

extension Variable {
  /// The softmax of each row; `∂L/∂x = y (∂L/∂y - ⟨y, ∂L/∂y⟩)`.
  public func softmax() -> Variable {
    let y = value.softmax()
    return .recorded("softmax", y, Operand(self) { y.softmaxGradient($0) })
  }
}

extension Tensor {
  fileprivate func softmaxGradient(_ upstream: Tensor) -> Tensor {
    upstream.withUnsafePointer { dy in
      let columns = shape.last
      return withUnsafePointer { base in
        mapRows { y, dx, rows in
          Scalar.kernels.softmaxBackward(y, dy + (y - base), dx, rows.count, columns)
        }
      }
    }
  }
}
