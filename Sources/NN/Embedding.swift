package import Autodiff
package import TensorCore

/// Maps token ids to rows of a table.
package final class Embedding {
  /// `[vocabulary, hidden]`.
  package let weight: Parameter

  package init(weight: Tensor<Float>) { self.weight = Parameter(weight) }

  /// The rows of `ids`, `[ids.count, hidden]`.
  package func callAsFunction(_ ids: [Int32], in context: ForwardContext) -> Variable<Float> {
    weight.variable(in: context).gatheringRows(ids)
  }
}
