public import Autodiff
import NN
public import TensorCore

extension DecoderLM {
  /// The logits of every position of one document, `[ids.count, vocabulary]`.
  ///
  /// - Parameters:
  ///   - ids: The document's tokens, at least one.
  ///   - tape: Where operations on trained weights are recorded; nil computes values only.
  /// - Returns: Row `i` scores what may follow `ids[i]`.
  /// - Precondition: Every id is below the vocabulary's size.
  public func logits(_ ids: [Int32], on tape: Tape<Float>? = nil) -> Variable<Float> {
    require(!ids.isEmpty, "logits: no ids")
    return logits(ids, in: context(DocumentSegments(lengths: [ids.count]), tape: tape))
  }
}
