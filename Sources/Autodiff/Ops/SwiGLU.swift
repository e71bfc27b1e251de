import TensorCore

extension Variable {
  /// The gated activation of Llama's feed-forward (Shazeer 2020): `silu(gate) · up`.
  ///
  /// With `s = σ(gate)`: `∂L/∂up = ∂L/∂y gate s`, `∂L/∂gate = ∂L/∂y up s (1 + gate (1 - s))`. Keeps both
  /// operands and computes `s` again.
  public static func swiGLU(gate: Variable, up: Variable) -> Variable {
    let (g, u) = (gate.value, up.value)
    require(g.shape == u.shape, "swiGLU: shapes differ, \(g.shape) and \(u.shape)")
    let columns = g.shape.last
    let y = u.withUnsafePointer { up in
      g.withUnsafePointer { base in
        g.mapRows { gate, out, rows in
          Scalar.kernels.swiglu(
            gate, up + (gate - base), columns, out, columns, rows.count, columns)
        }
      }
    }
    let joint = JointPullback { Tensor.swiGLUGradients(gate: g, up: u, upstream: $0) }
    return .recorded(
      "swiGLU", y, Operand(gate) { joint.take(0, $0) }, Operand(up) { joint.take(1, $0) })
  }
}

extension Tensor {
  fileprivate static func swiGLUGradients(gate: Tensor, up: Tensor, upstream: Tensor) -> [Tensor] {
    let columns = gate.shape.last
    var dUp = Tensor(shape: gate.shape) { _ in }
    let dGate = dUp.withUnsafeMutablePointer { dUp in
      gate.withUnsafePointers(up, upstream, upstream) { base, up, dy, _ in
        gate.mapRows { gate, dGate, rows in
          let at = gate - base
          Scalar.kernels.swigluBackward(
            gate, up + at, columns, dy + at, columns, dGate, dUp + at, columns, rows.count, columns)
        }
      }
    }
    return [dGate, dUp]
  }
}
