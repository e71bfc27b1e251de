extension Arena {
  /// Texts that need more bytes to their end are counted in bytes, which is never too few.
  private static let longestPlan = 2048

  /// How many tokens suffice from `state` to the end of the text.
  ///
  /// It is the fewest tokens that spell the shortest completion, which is unique: of several bytes
  /// that lead nearer to the end, it takes the first. The completion after any of its tokens is its
  /// own rest, so that whoever has as many tokens left can always go on with one fewer.
  mutating func bound(_ state: Int32) -> Int {
    let cost = costs[Int(state)]
    if cost == 0 || cost > Self.longestPlan || network.hasForcedKeys { return cost }
    let state = settled(state)
    if bounds[Int(state)] >= 0 { return Int(bounds[Int(state)]) }
    guard let (path, bytes) = shortestCompletion(state) else { return cost }

    var fewest = [Int](repeating: 0, count: path.count)
    for place in stride(from: bytes.count - 1, through: 0, by: -1) {
      var best = fewest[place + 1] + 1
      var node: Int?
      var here = path[place]
      for end in place..<bytes.count {
        here = next(here, bytes[end])
        guard here != Self.dead, let child = vocabulary.trie.child(of: node, bytes[end]) else {
          break
        }
        node = child
        if !vocabulary.trie.tokens(at: child).isEmpty { best = min(best, fewest[end + 1] + 1) }
      }
      fewest[place] = best
      bounds[Int(path[place])] = Int32(best)
    }
    return fewest[0]
  }

  /// The states and bytes of the shortest way to the end; nil only if a byte is missing.
  private mutating func shortestCompletion(_ state: Int32) -> (path: [Int32], bytes: [UInt8])? {
    var path = [state]
    var bytes: [UInt8] = []
    var here = state
    while costs[Int(here)] > 0 {
      guard let (byte, next) = nearer(here) else { return nil }
      here = settled(next)
      path.append(here)
      bytes.append(byte)
    }
    return (path, bytes)
  }

  private mutating func nearer(_ state: Int32) -> (UInt8, Int32)? {
    for byte in Self.preferred where vocabulary.hasByte[Int(byte)] {
      let next = next(state, byte)
      if next != Self.dead, costs[Int(next)] < costs[Int(state)] { return (byte, next) }
    }
    return nil
  }

  /// What ends something first, then what prints, then the rest.
  private static let preferred: [UInt8] =
    Array("\"}],:{[".utf8) + (0x20...0x7E) + (0x80...0xFF) + (0x00...0x1F) + [0x7F]
}
