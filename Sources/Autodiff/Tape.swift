public import TensorCore

/// A recording of operations in execution order, for one backward pass.
///
/// Not `Sendable`: a tape belongs to one task. Backward is one reverse loop over the nodes; each node's
/// pullbacks, and what they captured, are released as soon as they have run.
public final class Tape<Scalar: TensorScalar> {
  struct Node {
    let name: StaticString
    var operands: [Operand<Scalar>]
  }

  private var nodes: [Node] = []
  private var leaves: [ObjectIdentifier: Variable<Scalar>] = [:]
  /// Gradients that recomputed parts found for leaves of owners.
  private var adopted: [ObjectIdentifier: Tensor<Scalar>] = [:]
  /// Where the time goes, when somebody asks; see `OperationProfile`.
  package var profile: OperationProfile?

  /// An empty tape.
  public init() {}

  /// How many operations are recorded.
  package var count: Int { nodes.count }

  /// A variable whose gradient will be wanted.
  public func leaf(_ value: Tensor<Scalar>) -> Variable<Scalar> {
    append("leaf", value, [])
  }

  /// The leaf of `owner` on this tape: the same one at each use, so that weights used twice (tied
  /// embeddings) get one gradient.
  package func leaf(of owner: AnyObject, _ value: @autoclosure () -> Tensor<Scalar>)
    -> Variable<Scalar>
  {
    if let known = leaves[ObjectIdentifier(owner)] { return known }
    let leaf = leaf(value())
    leaves[ObjectIdentifier(owner)] = leaf
    return leaf
  }

  func append(
    _ name: StaticString, _ value: Tensor<Scalar>, _ operands: [Operand<Scalar>]
  ) -> Variable<Scalar> {
    profile?.recordForward(name)
    nodes.append(Node(name: name, operands: operands))
    return Variable(value: value, tape: self, index: nodes.count - 1)
  }

  /// The gradients of the scalar `loss` with respect to every leaf; empties the tape.
  ///
  /// - Precondition: `loss` has one element and was recorded here.
  public func gradients(of loss: Variable<Scalar>) -> Gradients<Scalar> {
    require(loss.value.count == 1, "gradients(of:): the loss has shape \(loss.value.shape)")
    return gradients(of: loss, upstream: Tensor(repeating: 1, shape: loss.value.shape))
  }

  /// The gradients of `⟨output, upstream⟩` with respect to every leaf; empties the tape.
  package func gradients(of output: Variable<Scalar>, upstream: Tensor<Scalar>)
    -> Gradients<Scalar>
  {
    require(output.tape === self, "gradients(of:): the variable was not recorded on this tape")
    var slots = [Tensor<Scalar>?](repeating: nil, count: nodes.count)
    slots[output.index] = upstream
    profile?.startBackward()
    for index in stride(from: output.index, through: 0, by: -1) {
      let operands = nodes[index].operands
      nodes[index].operands = []
      guard !operands.isEmpty, let upstream = slots[index] else { continue }
      slots[index] = nil
      for operand in operands {
        guard let parent = operand.parent else { continue }
        var slot = slots[parent]
        slots[parent] = nil
        operand.pullback(upstream, &slot)
        slots[parent] = slot
      }
      profile?.recordBackward(nodes[index].name)
    }
    let found = Gradients(slots: slots, leaves: leaves.mapValues(\.index), adopted: adopted)
    (nodes, leaves, adopted) = ([], [:], [:])
    return found
  }

  /// Takes the gradients that a recomputed part found for its leaves of owners.
  func adopt(_ found: Gradients<Scalar>) {
    for (owner, gradient) in found.owned {
      if adopted[owner] == nil {
        adopted[owner] = gradient
      } else {
        adopted[owner]?.add(gradient)
      }
    }
  }
}
