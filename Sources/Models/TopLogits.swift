import Autodiff
package import ModelFiles
import NN
import TensorCore

/// The largest logits at every position of one document, computed in f32.
///
/// Logits exist for one chunk of positions at a time: 50 MB for a vocabulary of 49,152, however long
/// the document.
package struct TopLogits {
  package struct Entry: Sendable, Equatable {
    package var id: Int
    package var logit: Float
  }

  /// What follows one token.
  package struct Position: Sendable {
    /// The largest first, ties by the lower id.
    package var top: [Entry]
    /// log Σ exp of all logits: a logit less this is a log-probability.
    package var logSumExp: Float
  }

  private static let chunk = 256

  package let model: DecoderLM
  package let count: Int

  /// The `count` largest of each position; at most as many as the vocabulary has.
  package init(model: DecoderLM, count: Int) {
    (self.model, self.count) = (model, count)
  }

  /// One position for each id.
  ///
  /// - Precondition: Every id is below the vocabulary's size; there is at least one.
  package func positions(_ ids: [Int32]) -> [Position] {
    let context = model.context(DocumentSegments(lengths: [ids.count]))
    let hidden = model.hidden(ids, in: context).value
    let output = model.output(in: context)
    let vocabulary = output.vocabularySize
    var result = [Position](repeating: Position(top: [], logSumExp: 0), count: ids.count)
    for start in stride(from: 0, to: ids.count, by: Self.chunk) {
      let rows = start..<min(start + Self.chunk, ids.count)
      let logits = output.logits(Variable(hidden.rows(rows))).value
      logits.withUnsafePointer { logits in
        result.withUnsafeMutableBufferPointer { result in
          nonisolated(unsafe) let result = result
          ThreadPool.shared.forEach(rows.count) { row in
            let x = UnsafeBufferPointer(start: logits + row * vocabulary, count: vocabulary)
            result[start + row] = Position(
              top: Self.largest(count, of: x),
              logSumExp: Float.kernels.logSumExp(logits + row * vocabulary, vocabulary))
          }
        }
      }
    }
    return result
  }

  /// The `count` largest, the largest first, ties by the lower index.
  package static func largest(_ count: Int, of values: UnsafeBufferPointer<Float>) -> [Entry] {
    guard count > 0 else { return [] }
    guard count <= 256 else {
      let all = values.indices.map { Entry(id: $0, logit: values[$0]) }
      return Array(all.sorted { ($0.logit, $1.id) > ($1.logit, $0.id) }.prefix(count))
    }
    var top: [Entry] = []
    for (id, logit) in values.enumerated() {
      if top.count == count {
        guard let least = top.last, logit > least.logit else { continue }
        top.removeLast()
      }
      // Ids come in rising order, so an equal one stays behind those that are there.
      let place = top.lastIndex { $0.logit >= logit }.map { $0 + 1 } ?? 0
      top.insert(Entry(id: id, logit: logit), at: place)
    }
    return top
  }
}

extension DecoderLM {
  /// Throws unless `source` has exactly the tensors that the configuration implies.
  package static func check(_ source: any TensorSource, _ configuration: TransformerConfiguration)
    throws
  {
    try source.check(expectedTensors(configuration)) { isRedundant($0, configuration) }
  }
}
