import Foundation
import Inference
import ModelFiles
import TensorCore

/// Greedy decoding of random prompts by the serving forward pass, timed.
struct Serving {
  let model: ServingModel
  private let pool: KeyValuePool

  /// Room for `tokens` positions in all.
  init(_ model: ServingModel, tokens: Int) {
    self.model = model
    pool = model.makeCachePool(tokens: tokens)
  }

  private func ids(_ count: Int, seed: Int) -> [Int32] {
    var generator = RandomGenerator(seed: UInt64(seed))
    return (0..<count).map { _ in
      Int32(generator.nextIndex(below: model.configuration.vocabularySize))
    }
  }

  /// The seconds until the token after a prompt is known.
  func promptSeconds(tokens: Int) -> Double {
    let sequence = PagedSequence(pool)
    let prompt = ids(tokens, seed: 0)
    return Alternation.time {
      _ = sequence.reserve(tokens)
      _ = best(model.step([SequenceRows(prompt, cache: sequence)]).logits)
    }
  }

  /// Sequences that hold a prompt each, with room for more.
  func sequences(_ count: Int, prompt: Int, tokens: Int) -> [PagedSequence] {
    (0..<count).map { index in
      let sequence = PagedSequence(pool)
      _ = sequence.reserve(prompt)
      _ = model.step([SequenceRows(ids(prompt, seed: index), cache: sequence, outputs: .none)])
      return sequence
    }
  }

  /// The seconds of `tokens` more tokens for each sequence; afterwards they are forgotten again.
  func seconds(
    _ sequences: [PagedSequence], tokens: Int, adapters: [ServingAdapter] = []
  ) -> Double {
    let length = sequences.first?.length ?? 0
    var next = sequences.map { _ in Int32(0) }
    defer { for sequence in sequences { sequence.truncate(to: length) } }
    return Alternation.time {
      for _ in 0..<tokens {
        let rows = sequences.indices.map { index in
          _ = sequences[index].reserve(1)
          return SequenceRows(
            [next[index]], cache: sequences[index],
            adapter: adapters.isEmpty ? nil : adapters[index % adapters.count])
        }
        next = best(model.step(rows).logits)
      }
    }
  }

  /// The id of the greatest logit of each row.
  private func best(_ logits: Tensor<Float>) -> [Int32] {
    let (rows, columns) = (logits.shape[0], logits.shape[1])
    return logits.withUnsafePointer { logits in
      (0..<rows).map { row in
        let start = logits + row * columns
        let greatest = Float.kernels.max(start, columns)
        return Int32((0..<columns).first { start[$0] == greatest } ?? 0)
      }
    }
  }

  /// Perplexity as llama.cpp's program defines it: of windows of `length` tokens, the second half is scored.
  func perplexity(_ tokens: [Int32], length: Int, windows: Int) -> Double {
    var sum = 0.0
    var count = 0
    for window in 0..<min(windows, tokens.count / length) {
      let ids = tokens[window * length..<(window + 1) * length]
      let sequence = PagedSequence(pool)
      _ = sequence.reserve(length)
      let half = length / 2
      _ = model.step([SequenceRows(Array(ids.prefix(half)), cache: sequence, outputs: .none)])
      let rest = Array(ids.suffix(length - half))
      let logits = model.step([SequenceRows(rest, cache: sequence, outputs: .all)]).logits
      let columns = logits.shape[1]
      logits.withUnsafePointer { logits in
        for row in 0..<rest.count - 1 {
          let start = logits + row * columns
          sum += Double(Float.kernels.logSumExp(start, columns) - start[Int(rest[row + 1])])
          count += 1
        }
      }
    }
    return exp(sum / Double(count))
  }
}
