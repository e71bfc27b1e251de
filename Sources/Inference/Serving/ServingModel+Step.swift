import Foundation
import ModelFiles
import TensorCore

extension ServingModel {
  /// Computes the rows of all sequences, whole pieces of prompts and single tokens alike, and appends their keys
  /// and values to the caches.
  ///
  /// - Precondition: There is a sequence, each has a token and a cache of its own with room reserved; ids are below
  ///   the vocabulary's size.
  package func step(_ sequences: [SequenceRows]) -> StepOutput {
    let c = configuration
    var logits: [Float] = []
    var hidden: [Float] = []
    var counts = (logits: 0, hidden: 0)
    for sequence in sequences {
      require(!sequence.tokens.isEmpty, "step: a sequence without tokens")
      require(
        sequence.cache.length + sequence.tokens.count <= sequence.cache.capacity,
        "step: no room for \(sequence.tokens.count) tokens after \(sequence.cache.length)")
      for (index, token) in sequence.tokens.enumerated() {
        require(token >= 0 && token < c.vocabularySize, "step: token \(token)")
        let row = row(token, sequence)
        let isLast = index == sequence.tokens.count - 1
        switch sequence.outputs {
        case .all, .last:
          guard isLast || sequence.outputs == .all else { continue }
          logits += product("lm_head", row)
          counts.logits += 1
        case .hidden:
          hidden += row
          counts.hidden += 1
        case .none: break
        }
      }
    }
    return StepOutput(
      logits: Tensor(logits, shape: [counts.logits, c.vocabularySize]),
      hidden: Tensor(hidden, shape: [counts.hidden, c.hiddenSize]))
  }

  private func row(_ token: Int32, _ sequence: SequenceRows) -> [Float] {
    let c = configuration
    let position = sequence.cache.length
    let embedding = weights["model.embed_tokens.weight"]!
    var x = embedding.rows(Int(token)..<Int(token) + 1).scalars
    for layer in 0..<c.layerCount {
      let path = "model.layers.\(layer)"
      func project(_ p: Projection, _ input: [Float]) -> [Float] {
        var y = product("\(path).\(p.path)", input)
        guard let adapter = sequence.adapter, let part = adapter.parts[layer * 7 + p.rawValue]
        else {
          return y
        }
        var delta = [Float](repeating: 0, count: y.count)
        for r in 0..<part.rank {
          let u = Float.kernels.dot(
            adapter.numbers + part.down + r * input.count, input, input.count)
          Float.kernels.axpy(u, adapter.numbers + part.up + r * y.count, &delta, y.count)
        }
        for i in y.indices { y[i] += delta[i] }
        return y
      }
      let a = norm("\(path).input_layernorm", x)
      var q = project(.query, a)
      var k = project(.key, a)
      let v = project(.value, a)
      if c.queryKeyNorm {
        q = norm("\(path).self_attn.q_norm", q)
        k = norm("\(path).self_attn.k_norm", k)
      }
      q = rotated(q, position)
      k = rotated(k, position)
      let o = attention(layer, q, k, v, sequence.cache, position)
      x = zip(x, project(.output, o)).map { $0 + $1 }
      let f = norm("\(path).post_attention_layernorm", x)
      let gate = project(.gate, f)
      let up = project(.up, f)
      let act = zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 }
      x = zip(x, project(.down, act)).map { $0 + $1 }
    }
    sequence.cache.advance(by: 1)
    return norm("model.norm", x)
  }

  private func product(_ name: String, _ x: [Float]) -> [Float] {
    let w = weights["\(name).weight"] ?? weights["model.embed_tokens.weight"]!
    let bias = weights["\(name).bias"]
    let outputs = w.shape[0]
    return [Float](unsafeUninitializedCapacity: outputs) { y, count in
      nonisolated(unsafe) let y = y
      w.withUnsafePointer { w in
        x.withUnsafeBufferPointer { x in
          nonisolated(unsafe) let (x, w) = (x, w)
          pool.forEachRange(outputs, grain: 64) {
            Float.kernels.gemv(
              w + $0.lowerBound * x.count, x.count, x.baseAddress!, y.baseAddress! + $0.lowerBound,
              $0.count, x.count)
          }
        }
      }
      if let bias {
        for (i, b) in bias.scalars.enumerated() { y[i] += b }
      }
      count = outputs
    }
  }

  private func norm(_ name: String, _ x: [Float]) -> [Float] {
    let w = weights["\(name).weight"]!
    let size = w.count
    var out = x
    var rstd = [Float](repeating: 0, count: x.count / size)
    w.withUnsafePointer {
      Float.kernels.rmsNorm(
        x, $0, &out, &rstd, x.count / size, size, Float(configuration.normEpsilon))
    }
    return out
  }

  private func rotated(_ x: [Float], _ position: Int) -> [Float] {
    let half = configuration.headDimension / 2
    var out = x
    for (i, f) in configuration.inverseFrequencies.enumerated() {
      let angle = Double(Float(position) * Float(f))
      let (c, s) = (Float(cos(angle)), Float(sin(angle)))
      for head in 0..<x.count / (2 * half) {
        let at = head * 2 * half + i
        out[at] = x[at] * c - x[at + half] * s
        out[at + half] = x[at + half] * c + x[at] * s
      }
    }
    return out
  }

  private func attention(
    _ layer: Int, _ q: [Float], _ k: [Float], _ v: [Float], _ cache: PagedSequence, _ position: Int
  ) -> [Float] {
    let c = configuration
    let d = c.headDimension
    let n = KeyValuePool.pageTokens
    let group = c.headCount / c.keyValueHeadCount
    var out = [Float](repeating: 0, count: q.count)
    let first = c.slidingWindow.map { max(0, position + 1 - $0) } ?? 0
    for head in 0..<c.keyValueHeadCount {
      func part(_ p: Int) -> UnsafeMutablePointer<Float> {
        let page = cache.pool.pointer(cache.pages[p / n])
        return (page + cache.pool.layout.offset(layer: layer, head: head)).assumingMemoryBound(
          to: Float.self)
      }
      let own = part(position)
      for i in 0..<d {
        own[i * n + position % n] = k[head * d + i]
        own[n * d + position % n * d + i] = v[head * d + i]
      }
      for h in head * group..<(head + 1) * group {
        var scores: [Float] = []
        for p in first...position {
          let keys = part(p)
          var s: Float = 0
          for i in 0..<d { s += q[h * d + i] * keys[i * n + p % n] }
          scores.append(s / Float(d).squareRoot())
        }
        Float.kernels.softmax(scores, &scores, 1, scores.count)
        for p in first...position {
          Float.kernels.axpy(scores[p - first], part(p) + n * d + p % n * d, &out[h * d], d)
        }
      }
    }
    return out
  }
}
