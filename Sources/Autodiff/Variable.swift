public import TensorCore

/// A tensor that may be recorded on a tape.
///
/// A variable without a tape is a constant: operations on constants alone are not recorded, and a frozen
/// operand's pullback is dropped at once with everything that it captured.
public struct Variable<Scalar: TensorScalar> {
  /// The value.
  public let value: Tensor<Scalar>
  let tape: Tape<Scalar>?
  let index: Int

  init(value: Tensor<Scalar>, tape: Tape<Scalar>, index: Int) {
    (self.value, self.tape, self.index) = (value, tape, index)
  }

  /// A constant.
  public init(_ value: Tensor<Scalar>) {
    self.value = value
    tape = nil
    index = -1
  }

  /// The shape of the value.
  public var shape: Shape { value.shape }

  /// Whether a gradient will flow through this variable.
  package var isTracked: Bool { tape != nil }

  /// The result of an operation: recorded when one of its operands is, a constant otherwise.
  package static func recorded(
    _ name: StaticString, _ value: Tensor<Scalar>, _ operands: Operand<Scalar>...
  ) -> Variable {
    recorded(name, value, operands)
  }

  /// The same for operands that are listed already.
  static func recorded(
    _ name: StaticString, _ value: Tensor<Scalar>, _ operands: [Operand<Scalar>]
  ) -> Variable {
    guard let tape = operands.lazy.compactMap(\.tape).first else { return Variable(value) }
    return tape.append(name, value, operands.filter { $0.parent != nil })
  }
}

/// One operand of a recorded operation, with its own pullback and only what that needs.
package struct Operand<Scalar: TensorScalar> {
  let tape: Tape<Scalar>?
  let parent: Int?
  let pullback: (Tensor<Scalar>, inout Tensor<Scalar>?) -> Void

  /// An operand whose gradient `pullback` makes from the upstream gradient.
  package init(
    _ variable: Variable<Scalar>, _ pullback: @escaping (Tensor<Scalar>) -> Tensor<Scalar>
  ) {
    self.init(
      variable,
      accumulating: { (upstream: Tensor<Scalar>, gradient: inout Tensor<Scalar>?) in
        let contribution = pullback(upstream)
        if gradient == nil {
          gradient = contribution
        } else {
          gradient?.add(contribution)
        }
      })
  }

  /// An operand whose pullback adds into the gradient gathered so far (nil: none yet).
  package init(
    _ variable: Variable<Scalar>,
    accumulating pullback: @escaping (Tensor<Scalar>, inout Tensor<Scalar>?) -> Void
  ) {
    tape = variable.tape
    parent = variable.isTracked ? variable.index : nil
    self.pullback = variable.isTracked ? pullback : { _, _ in }
  }
}

/// Gradients of several operands that are cheapest made together: made at the first request.
package final class JointPullback<Scalar: TensorScalar> {
  private let make: (Tensor<Scalar>) -> [Tensor<Scalar>]
  private var made: [Tensor<Scalar>?]?

  package init(_ make: @escaping (Tensor<Scalar>) -> [Tensor<Scalar>]) { self.make = make }

  /// Hands over the gradient of operand `index`.
  package func take(_ index: Int, _ upstream: Tensor<Scalar>) -> Tensor<Scalar> {
    if made == nil { made = make(upstream) }
    guard let gradient = made?[index] else {
      fatalError("JointPullback: operand \(index) was taken twice")
    }
    made?[index] = nil
    return gradient
  }
}
