import Autodiff
import ModelFiles
import NN
import TensorCore

/// The caches of the sequences whose rows one step computes.
final class BatchCache: KeyValueCache {
  private let feeds: [Feed]
  /// The rows of each feed.
  let rows: [Range<Int>]
  /// The position of each row in its sequence.
  let positions: [Int32]

  /// Makes room for the feeds' tokens.
  init(_ feeds: [Feed], configuration: TransformerConfiguration) {
    self.feeds = feeds
    var rows: [Range<Int>] = []
    var positions: [Int32] = []
    for feed in feeds {
      require(!feed.tokens.isEmpty, "BatchCache: a feed without tokens")
      let start = rows.last?.upperBound ?? 0
      rows.append(start..<start + feed.tokens.count)
      let position = feed.cache.tokens.count
      positions += (position..<position + feed.tokens.count).map { Int32($0) }
      feed.cache.reserve(
        feed.tokens.count, layers: configuration.layerCount,
        width: configuration.keyValueHeadCount * configuration.headDimension)
    }
    (self.rows, self.positions) = (rows, positions)
  }

  func attend(
    layer: Int, queries: Tensor<Float>, keys: Tensor<Float>, values: Tensor<Float>,
    shape: AttentionShape
  ) -> Tensor<Float> {
    let width = shape.keyValueHeads * shape.head
    let buffers = feeds.map { $0.cache.buffer(layer: layer) }
    keys.withUnsafePointer { newKeys in
      values.withUnsafePointer { newValues in
        for (index, range) in rows.enumerated() {
          let at = feeds[index].cache.tokens.count * width
          let from = range.lowerBound * width
          buffers[index].keys.advanced(by: at)
            .update(from: newKeys + from, count: range.count * width)
          buffers[index].values.advanced(by: at)
            .update(from: newValues + from, count: range.count * width)
        }
      }
    }
    let units = self.units(shape)
    let stride = shape.heads * shape.head
    return Tensor(shape: queries.shape) { output in
      queries.withUnsafePointer { queries in
        ThreadPool.shared.forEach(units.count) { index in
          let unit = units[index]
          let range = rows[unit.feed]
          let at = range.lowerBound * stride + unit.head * shape.head
          let attention = CachedAttention(
            queries: queries + at, output: output + at, buffer: buffers[unit.feed],
            offset: feeds[unit.feed].cache.tokens.count, count: range.count, shape: shape)
          if let tile = unit.tile {
            attention.computeTile(tile, head: unit.head)
          } else {
            attention.computeGroup(unit.head / (shape.heads / shape.keyValueHeads))
          }
        }
      }
    }
  }

  /// A piece of work: a tile of one head's queries, or, of a single row, all heads that share keys.
  private struct Unit {
    var feed: Int
    /// The first query head.
    var head: Int
    var tile: Int?
  }

  private func units(_ shape: AttentionShape) -> [Unit] {
    var tiles: [Unit] = []
    var groups: [Unit] = []
    let group = shape.heads / shape.keyValueHeads
    let tileRows = AttentionHead<Float>.tileRows
    for (feed, range) in rows.enumerated() {
      if range.count == 1 {
        for member in 0..<shape.keyValueHeads {
          groups.append(Unit(feed: feed, head: member * group, tile: nil))
        }
      } else {
        // The last tiles see the most keys; they go first so that no thread ends alone on one.
        for tile in (0..<(range.count + tileRows - 1) / tileRows).reversed() {
          for head in 0..<shape.heads { tiles.append(Unit(feed: feed, head: head, tile: tile)) }
        }
      }
    }
    return tiles + groups
  }
}
