/// Tokens by their bytes, as a tree written out in the order of a walk that goes down first.
struct TokenTrie: Sendable {
  /// The last byte of the path to each node; the root is no node.
  private(set) var bytes: [UInt8] = []
  /// How long the path is, at least 1.
  private(set) var depths: [UInt16] = []
  /// The first node that is not below this one.
  private(set) var ends: [Int32] = []
  /// Where in `tokens` those begin whose path ends at a node, with one more at the end.
  private(set) var firstTokens: [Int32] = []
  private(set) var tokens: [Int32] = []
  private(set) var deepest = 0

  /// - Parameter sorted: Tokens in the order of their bytes; none is empty or longer than 65,535.
  init(sorted: [(bytes: ArraySlice<UInt8>, token: Int)]) {
    var path: [Int] = []
    var previous: ArraySlice<UInt8> = []
    for (token, id) in sorted {
      var common = 0
      for (a, b) in zip(previous, token) {
        guard a == b else { break }
        common += 1
      }
      close(&path, keeping: common)
      for byte in token.dropFirst(common) {
        path.append(bytes.count)
        bytes.append(byte)
        depths.append(UInt16(path.count))
        ends.append(0)
        firstTokens.append(Int32(tokens.count))
      }
      tokens.append(Int32(id))
      deepest = max(deepest, path.count)
      previous = token
    }
    close(&path, keeping: 0)
    firstTokens.append(Int32(tokens.count))
  }

  private mutating func close(_ path: inout [Int], keeping count: Int) {
    while path.count > count { ends[path.removeLast()] = Int32(bytes.count) }
  }

  /// The tokens that end at a node: those before the first token of the node that follows.
  func tokens(at node: Int) -> ArraySlice<Int32> {
    tokens[Int(firstTokens[node])..<Int(firstTokens[node + 1])]
  }

  /// All tokens at a node and below it.
  func tokens(below node: Int) -> ArraySlice<Int32> {
    tokens[Int(firstTokens[node])..<Int(firstTokens[Int(ends[node])])]
  }

  /// The node that `byte` leads to from `node`, or from the root.
  func child(of node: Int?, _ byte: UInt8) -> Int? {
    var next = node.map { $0 + 1 } ?? 0
    let end = node.map { Int(ends[$0]) } ?? bytes.count
    while next < end {
      if bytes[next] == byte { return next }
      next = Int(ends[next])
    }
    return nil
  }

  /// The node at the end of `path`.
  func node(at path: some Sequence<UInt8>) -> Int? {
    var node: Int?
    for byte in path {
      guard let next = child(of: node, byte) else { return nil }
      node = next
    }
    return node
  }
}
