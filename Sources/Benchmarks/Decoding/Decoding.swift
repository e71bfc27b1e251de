import Inference
import ModelFiles
import Models
import NN
import TensorCore

/// Greedy decoding of random prompts, timed.
struct Decoding {
  private let decoder: CachedDecoder
  private let vocabulary: Int
  /// Bytes that a step reads: a table that is embedding and output layer in one counts once.
  let weightBytes: Int

  init(_ bundle: ModelBundle) {
    decoder = CachedDecoder(bundle.model)
    vocabulary = bundle.configuration.vocabularySize
    let table = bundle.configuration.tiesEmbeddings ? "" : "model.embed_tokens.weight"
    weightBytes = bundle.model.parameters.filter { $0.path != table }
      .reduce(0) { $0 + $1.parameter.value.count * MemoryLayout<Float>.stride }
  }

  private func ids(_ count: Int, seed: Int) -> [Int] {
    var generator = RandomGenerator(seed: UInt64(seed))
    return (0..<count).map { _ in generator.nextIndex(below: vocabulary) }
  }

  /// The seconds until the token after a prompt is known.
  func promptSeconds(tokens: Int) -> Double {
    let prompt = ids(tokens, seed: 0)
    return Alternation.time { _ = best(decoder.step([Feed(SequenceCache(), prompt)])) }
  }

  /// Sequences that hold a prompt each.
  func sequences(_ count: Int, prompt: Int) -> [SequenceCache] {
    (0..<count).map { index in
      let cache = SequenceCache()
      _ = decoder.step([Feed(cache, ids(prompt, seed: index))])
      return cache
    }
  }

  /// The seconds of `tokens` more tokens for each sequence; afterwards they are forgotten again.
  func seconds(_ sequences: [SequenceCache], prompt: Int, tokens: Int) -> Double {
    var next = sequences.map { $0.tokens.last ?? 0 }
    defer { for sequence in sequences { sequence.truncate(to: prompt) } }
    return Alternation.time {
      for _ in 0..<tokens {
        next = best(decoder.step(zip(sequences, next).map { Feed($0, [$1]) }))
      }
    }
  }

  /// The id of the greatest logit of each row.
  private func best(_ logits: Tensor<Float>) -> [Int] {
    let (rows, columns) = (logits.shape[0], logits.shape[1])
    return logits.withUnsafePointer { logits in
      (0..<rows).map { row in
        let start = logits + row * columns
        let greatest = Float.kernels.max(start, columns)
        return (0..<columns).first { start[$0] == greatest } ?? 0
      }
    }
  }
}
