import Autodiff
package import Models
import NN
package import TensorCore

/// New tokens of one sequence, computed in one step with those of others.
package struct Feed {
  package var cache: SequenceCache
  package var tokens: [Int]
  /// Whether the distribution after the last token is wanted.
  package var wantsLogits: Bool

  package init(_ cache: SequenceCache, _ tokens: [Int], wantsLogits: Bool = true) {
    (self.cache, self.tokens, self.wantsLogits) = (cache, tokens, wantsLogits)
  }
}

/// Continues sequences with what was computed of them before.
///
/// A step takes tokens of many sequences, whole prompts and single tokens alike; the linear layers see
/// them as the rows of one matrix.
package struct CachedDecoder {
  package let model: DecoderLM

  package init(_ model: DecoderLM) { self.model = model }

  /// Computes the tokens of all feeds and keeps their keys and values.
  ///
  /// - Returns: The logits after the last token of each feed that wants them, `[wanting, vocabulary]`.
  /// - Precondition: No two feeds share a cache; each has a token; ids are below the vocabulary's size.
  package func step(_ feeds: [Feed]) -> Tensor<Float> {
    let batch = BatchCache(feeds, configuration: model.configuration)
    let ids = feeds.flatMap { $0.tokens.map { Int32($0) } }
    let context = ForwardContext(
      angles: model.rotary.angles(at: batch.positions), attention: .cached(batch))
    let hidden = model.hidden(ids, in: context)
    for feed in feeds { feed.cache.commit(feed.tokens) }

    let last = zip(feeds, batch.rows).filter { $0.0.wantsLogits }.map { Int32($0.1.upperBound - 1) }
    let output = model.output(in: context)
    guard !last.isEmpty else { return Tensor(shape: [0, output.vocabularySize]) { _ in } }
    let rows = last.count == ids.count ? hidden : hidden.gatheringRows(last)
    return output.logits(rows).value
  }
}
