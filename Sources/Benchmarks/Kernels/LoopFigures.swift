import TensorCore

/// Loops over elements, whose limit is moving the bytes.
///
/// Each beside a copy of as many bytes as the loop reads and writes together, or, where it only reads,
/// beside reading them: once on one thread with all of it in the cache of a core, once on all threads
/// with much more than the last cache holds.
enum LoopFigures {
  /// A loop over rows.
  struct Loop {
    var name: String
    /// Elements of a row that are read and written.
    var reads: Int
    var writes: Int
    /// Runs over these rows.
    var body: (Range<Int>) -> Void
  }

  /// Bytes that stay in the second cache of a core, and that fit no cache.
  private static let smallBytes = 384 << 10
  private static let largeBytes = 192 << 20

  static func measure(rounds: Int) -> [Figure] {
    LoopCatalog.names.flatMap { name in
      [measure(name, isLarge: false, rounds), measure(name, isLarge: true, rounds)]
    }
  }

  private static func measure(_ name: LoopCatalog.Name, isLarge: Bool, _ rounds: Int) -> Figure {
    let probe = LoopCatalog.loop(name, rows: 1)
    let rowBytes = (probe.reads + probe.writes) * MemoryLayout<Float>.stride
    let rows = max((isLarge ? largeBytes : smallBytes) / rowBytes, 1)
    let loop = LoopCatalog.loop(name, rows: rows)
    let elements = rows * (loop.reads + loop.writes)
    let source = Buffer(loop.writes == 0 ? elements : elements / 2)
    let target = Buffer(loop.writes == 0 ? 1 : elements / 2)
    let grain = max(16_384 / (rowBytes / MemoryLayout<Float>.stride), 1)
    let seconds = Alternation.seconds(
      rounds: rounds, shortest: isLarge ? 0.02 : 0.005,
      [
        {
          if isLarge {
            ThreadPool.shared.forEachRange(rows, grain: grain, loop.body)
          } else {
            loop.body(0..<rows)
          }
        },
        {
          if loop.writes == 0 {
            Limits.read(source, onAllThreads: isLarge)
          } else {
            Limits.copy(source, to: target, onAllThreads: isLarge)
          }
        },
      ])
    let work = 1e-9 * Double(rows * rowBytes)
    return Figure(
      "\(loop.name), \(isLarge ? "out of" : "in") cache", "GB/s", work: work, seconds: seconds[0],
      references: [(loop.writes == 0 ? "read" : "copy", work, seconds[1])])
  }
}
