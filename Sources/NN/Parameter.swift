public import Autodiff
public import TensorCore

/// A weight of a layer: a tensor with an identity, trained or frozen.
public final class Parameter {
  /// The current value.
  public var value: Tensor<Float> {
    didSet { version &+= 1 }
  }
  /// How often the value was set: what is computed of it may be kept while this stays.
  package private(set) var version = 0
  /// Whether gradients are wanted.
  public var isTrainable: Bool

  /// A weight with this value.
  public init(_ value: Tensor<Float>, isTrainable: Bool = false) {
    (self.value, self.isTrainable) = (value, isTrainable)
  }

  /// Changes the value where it lies: through `value` other modules would change a copy, and put it in its place.
  public func update<Result>(
    _ change: (inout Tensor<Float>) throws -> Result
  ) rethrows -> Result { try change(&value) }

  /// The weight as an operand: this tape's leaf when it is trained, a constant otherwise.
  public func variable(in context: ForwardContext) -> Variable<Float> {
    guard isTrainable, let tape = context.tape else { return Variable(value) }
    return tape.leaf(of: self, value)
  }
}

/// A parameter and its place in the model, such as `model.layers.0.self_attn.q_proj.weight`.
public typealias NamedParameter = (path: String, parameter: Parameter)
