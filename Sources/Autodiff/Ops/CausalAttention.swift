public import TensorCore

/// Where documents lie in a row of tokens: document `i` is `starts[i]..<starts[i + 1]`.
///
/// Documents never see each other.
public struct DocumentSegments: Sendable, Equatable {
  /// The first token of each document, and the number of tokens at the end.
  public let starts: [Int]

  /// Documents of these lengths, one after another.
  public init(lengths: [Int]) {
    var starts = [0]
    for length in lengths {
      require(length > 0, "DocumentSegments: a document of \(length) tokens")
      starts.append((starts.last ?? 0) + length)
    }
    self.starts = starts
  }

  /// The number of tokens.
  public var tokenCount: Int { starts.last ?? 0 }

  /// The ranges of tokens, one a document.
  public var ranges: [Range<Int>] { zip(starts, starts.dropFirst()).map { $0..<$1 } }

  /// The position of each token within its document.
  public var positions: [Int32] { ranges.flatMap { (0..<Int32($0.count)) } }
}

/// The shape of attention: how many heads ask, how many answer, how far they look back.
public struct AttentionShape: Sendable, Equatable {
  /// Query heads.
  public var heads: Int
  /// Key and value heads, each for `heads / keyValueHeads` query heads.
  ///
  /// Ainslie et al. 2023.
  public var keyValueHeads: Int
  /// Elements of a head.
  public var head: Int
  /// How many positions a token sees, itself included; nil for all before it.
  public var window: Int?

  /// A shape of attention.
  ///
  /// - Precondition: `keyValueHeads` divides `heads`.
  public init(heads: Int, keyValueHeads: Int, head: Int, window: Int? = nil) {
    require(
      heads > 0 && keyValueHeads > 0 && head > 0 && heads % keyValueHeads == 0,
      "AttentionShape: \(heads) heads over \(keyValueHeads) key-value heads of \(head)")
    (self.heads, self.keyValueHeads, self.head) = (heads, keyValueHeads, head)
    self.window = window
  }

  /// The factor of the scores, `1 / √head`.
  public func scale<Scalar: TensorScalar>() -> Scalar { 1 / Scalar(head).squareRoot() }
}

extension Variable {
  /// Causal attention over documents, `softmax(q kᵀ / √head) v`.
  ///
  /// A token sees itself and those before it in its own document. Keeps no matrix of scores; see `AttentionHead` for the mathematics.
  ///
  /// - Parameters:
  ///   - queries: `[tokens, heads · head]`.
  ///   - keys: `[tokens, keyValueHeads · head]`.
  ///   - values: `[tokens, keyValueHeads · head]`.
  ///   - shape: The heads.
  ///   - segments: The documents.
  /// - Returns: `[tokens, heads · head]`.
  public static func causalAttention(
    queries: Variable, keys: Variable, values: Variable, shape: AttentionShape,
    segments: DocumentSegments
  ) -> Variable {
    let core = AttentionCore(
      queries: queries.value, keys: keys.value, values: values.value, shape: shape,
      segments: segments)
    let (output, logSumExp) = core.forward()
    let joint = JointPullback { core.backward(output: output, logSumExp: logSumExp, upstream: $0) }
    return .recorded(
      "causalAttention", output, Operand(queries) { joint.take(0, $0) },
      Operand(keys) { joint.take(1, $0) }, Operand(values) { joint.take(2, $0) })
  }
}

/// All heads of all documents: units of work for the pool.
private struct AttentionCore<Scalar: TensorScalar> {
  let queries, keys, values: Tensor<Scalar>
  let shape: AttentionShape
  let segments: DocumentSegments

  init(
    queries: Tensor<Scalar>, keys: Tensor<Scalar>, values: Tensor<Scalar>, shape: AttentionShape,
    segments: DocumentSegments
  ) {
    let tokens = segments.tokenCount
    require(
      queries.shape == [tokens, shape.heads * shape.head]
        && keys.shape == [tokens, shape.keyValueHeads * shape.head] && values.shape == keys.shape,
      "causalAttention: \(queries.shape), \(keys.shape), \(values.shape) for \(shape), \(tokens) tokens"
    )
    (self.queries, self.keys, self.values) = (queries, keys, values)
    (self.shape, self.segments) = (shape, segments)
  }

  private var group: Int { shape.heads / shape.keyValueHeads }
  private var queryStride: Int { shape.heads * shape.head }
  private var keyStride: Int { shape.keyValueHeads * shape.head }

  private func head(
    _ index: Int, _ range: Range<Int>, _ q: UnsafePointer<Scalar>, _ k: UnsafePointer<Scalar>,
    _ v: UnsafePointer<Scalar>
  ) -> AttentionHead<Scalar> {
    let at = range.lowerBound * keyStride + index / group * shape.head
    return AttentionHead(
      queries: q + range.lowerBound * queryStride + index * shape.head, queryStride: queryStride,
      queryCount: range.count, keys: k + at, values: v + at, keyStride: keyStride,
      keyCount: range.count, head: shape.head, window: shape.window, scale: shape.scale())
  }

  /// The output and the logarithm of each softmax denominator, `[heads, tokens]`.
  func forward() -> (Tensor<Scalar>, Tensor<Scalar>) {
    let tokens = segments.tokenCount
    let rows = AttentionHead<Scalar>.tileRows
    let tiles = segments.ranges.flatMap { range in
      (0..<(range.count + rows - 1) / rows).map { (range, $0) }
    }
    var logSumExp = Tensor<Scalar>(shape: [shape.heads, tokens]) { _ in }
    let output = Tensor<Scalar>(shape: queries.shape) { out in
      logSumExp.withUnsafeMutablePointer { lse in
        queries.withUnsafePointers(keys, values, values) { q, k, v, _ in
          ThreadPool.shared.forEach(tiles.count * shape.heads) { unit in
            let index = unit % shape.heads
            // Late tiles see the most keys; they go first so that no thread ends alone on one.
            let (range, tile) = tiles[tiles.count - 1 - unit / shape.heads]
            head(index, range, q, k, v).forward(
              tile: tile,
              output: out + range.lowerBound * queryStride + index * shape.head,
              outputStride: queryStride, logSumExp: lse + index * tokens + range.lowerBound)
          }
        }
      }
    }
    return (output, logSumExp)
  }

  /// `[∂L/∂q, ∂L/∂k, ∂L/∂v]`.
  ///
  /// Each query head has its own gradient of keys and values; those of a group are then summed in order.
  func backward(output: Tensor<Scalar>, logSumExp: Tensor<Scalar>, upstream: Tensor<Scalar>)
    -> [Tensor<Scalar>]
  {
    let tokens = segments.tokenCount
    var dKeys = Tensor<Scalar>(shape: queries.shape) { _ in }
    var dValues = Tensor<Scalar>(shape: queries.shape) { _ in }
    let dQueries = Tensor<Scalar>(shape: queries.shape) { dq in
      dKeys.withUnsafeMutablePointer { dk in
        dValues.withUnsafeMutablePointer { dv in
          queries.withUnsafePointers(keys, values, output) { q, k, v, o in
            upstream.withUnsafePointers(logSumExp, logSumExp, logSumExp) { dy, lse, _, _ in
              let ranges = segments.ranges.sorted { $0.count > $1.count }
              ThreadPool.shared.forEach(ranges.count * shape.heads) { unit in
                let (range, index) = (ranges[unit / shape.heads], unit % shape.heads)
                let at = range.lowerBound * queryStride + index * shape.head
                head(index, range, q, k, v).backward(
                  output: o + at, upstream: dy + at,
                  logSumExp: lse + index * tokens + range.lowerBound, dQueries: dq + at,
                  dKeys: dk + at, dValues: dv + at)
              }
            }
          }
        }
      }
    }
    return [dQueries, sumOverGroups(dKeys), sumOverGroups(dValues)]
  }

  private func sumOverGroups(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
    if group == 1 { return gradient }
    let (head, kernels) = (shape.head, Scalar.kernels)
    return Tensor(shape: keys.shape) { out in
      gradient.withUnsafePointer { x in
        ThreadPool.shared.forEachRange(segments.tokenCount, grain: 32) { rows in
          for row in rows {
            for index in 0..<shape.keyValueHeads {
              let target = out + row * keyStride + index * head
              let source = x + row * queryStride + index * group * head
              target.update(from: source, count: head)
              for member in 1..<group {
                kernels.add(target, source + member * head, target, head)
              }
            }
          }
        }
      }
    }
  }
}
