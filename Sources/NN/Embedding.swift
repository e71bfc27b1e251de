package import Autodiff
package import TensorCore

/// Maps token ids to rows of a table.
package final class Embedding {
  /// `[vocabulary, hidden]`.
  package let weight: Parameter
  /// Rows that stand for the table's own.
  package var replaced: TokenRows?

  package init(weight: Tensor<Float>) { self.weight = Parameter(weight) }

  /// The rows of `ids`, `[ids.count, hidden]`.
  package func callAsFunction(_ ids: [Int32], in context: ForwardContext) -> Variable<Float> {
    let found = weight.variable(in: context).gatheringRows(ids)
    guard let replaced, replaced.isEnabled else { return found }
    return replaced.replacing(found, of: ids, in: context)
  }
}
