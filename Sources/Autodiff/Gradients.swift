public import TensorCore

/// What a backward pass found: one tensor for each leaf that the loss depends on.
public struct Gradients<Scalar: TensorScalar> {
  private var slots: [Tensor<Scalar>?]
  /// The places of the owners' leaves.
  private var leaves: [ObjectIdentifier: Int]

  init(
    slots: [Tensor<Scalar>?], leaves: [ObjectIdentifier: Int],
    adopted: [ObjectIdentifier: Tensor<Scalar>]
  ) {
    (self.slots, self.leaves) = (slots, leaves)
    for (owner, gradient) in adopted {
      if let index = leaves[owner] {
        if self.slots[index] == nil {
          self.slots[index] = gradient
        } else {
          self.slots[index]?.add(gradient)
        }
      } else {
        self.leaves[owner] = self.slots.count
        self.slots.append(gradient)
      }
    }
  }

  /// The gradient with respect to a leaf, nil when the loss does not depend on it.
  public subscript(_ leaf: Variable<Scalar>) -> Tensor<Scalar>? { slots[leaf.index] }

  /// The gradient of the leaf of `owner`, nil when the loss does not depend on it.
  package func gradient(of owner: AnyObject) -> Tensor<Scalar>? {
    leaves[ObjectIdentifier(owner)].flatMap { slots[$0] }
  }

  /// Hands over the gradient of the leaf of `owner`, so that its memory is the caller's alone.
  package mutating func take(_ owner: AnyObject) -> Tensor<Scalar>? {
    guard let index = leaves[ObjectIdentifier(owner)] else { return nil }
    defer { slots[index] = nil }
    return slots[index]
  }

  /// The gradients of all owners' leaves.
  var owned: [(ObjectIdentifier, Tensor<Scalar>)] {
    leaves.compactMap { owner, index in slots[index].map { (owner, $0) } }
  }
}
