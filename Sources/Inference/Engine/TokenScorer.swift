import Foundation
import TensorCore

/// Log-probabilities of one row of logits.
///
/// A row's result depends on its logits alone.
enum TokenScorer {
  /// The score of `token`, with the `top` most probable ones.
  ///
  /// - Returns: nil where the logits are not finite.
  static func score(_ token: Int, _ logits: UnsafeBufferPointer<Float>, top: Int) -> TokenScore? {
    guard let base = logits.baseAddress, Sampler.areFinite(logits) else { return nil }
    let greatest = Float.kernels.max(base, logits.count)
    let sum = withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.count) { scratch in
      guard let address = scratch.baseAddress else { return Float(0) }
      for index in 0..<logits.count { scratch[index] = logits[index] - greatest }
      Float.kernels.exp(address, address, logits.count)
      return Float.kernels.sum(address, logits.count)
    }
    let normaliser = Double(greatest) + log(Double(sum))
    func logprob(_ id: Int) -> Float { Float(Double(logits[id]) - normaliser) }
    return TokenScore(
      id: token, logprob: logprob(token),
      top: Self.greatest(logits, top).map { TokenScore.Alternative(id: $0, logprob: logprob($0)) })
  }

  /// The ids of the `count` greatest logits, the lowest id first of equals.
  static func greatest(_ logits: UnsafeBufferPointer<Float>, _ count: Int) -> [Int] {
    var best: [Int] = []
    guard count > 0 else { return best }
    best.reserveCapacity(count + 1)
    var least = -Float.infinity
    for id in 0..<logits.count where best.count < count || logits[id] > least {
      // Behind its equals: they have lower ids.
      let place = best.firstIndex { logits[$0] < logits[id] } ?? best.count
      best.insert(id, at: place)
      if best.count > count { best.removeLast() }
      least = logits[best[best.count - 1]]
    }
    return best
  }
}
