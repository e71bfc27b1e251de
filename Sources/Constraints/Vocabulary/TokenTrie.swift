/// Tokens by their bytes, as a tree written out in the order of a walk that goes down first.
struct TokenTrie: Sendable {
  struct Node: Sendable {
    /// The first node that is not below this one.
    var end: Int32
    /// Where its tokens begin in the list of tokens; they end where those of the next node begin.
    var firstToken: Int32
    /// How long the path is, at least 1; the root is no node.
    var depth: UInt16
    /// The last byte of the path.
    var byte: UInt8
  }

  /// One more than there are, so that the tokens of the last node have an end.
  private var nodes: [Node] = []
  private var tokens: [Int32] = []
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
        path.append(nodes.count)
        nodes.append(
          Node(
            end: 0, firstToken: Int32(tokens.count), depth: UInt16(path.count), byte: byte))
      }
      tokens.append(Int32(id))
      deepest = max(deepest, path.count)
      previous = token
    }
    close(&path, keeping: 0)
    nodes.append(
      Node(end: Int32(nodes.count + 1), firstToken: Int32(tokens.count), depth: 1, byte: 0))
  }

  private mutating func close(_ path: inout [Int], keeping count: Int) {
    while path.count > count { nodes[path.removeLast()].end = Int32(nodes.count) }
  }

  /// The nodes, and one more, and the tokens; for walks.
  func withNodes(
    _ body: (UnsafeBufferPointer<Node>, UnsafeBufferPointer<Int32>) -> Void
  ) {
    nodes.withUnsafeBufferPointer { nodes in
      tokens.withUnsafeBufferPointer { tokens in body(nodes, tokens) }
    }
  }

  /// The tokens that end at a node.
  func tokens(at node: Int) -> ArraySlice<Int32> {
    tokens[Int(nodes[node].firstToken)..<Int(nodes[node + 1].firstToken)]
  }

  /// All tokens at a node and below it.
  func tokens(below node: Int) -> ArraySlice<Int32> {
    tokens[Int(nodes[node].firstToken)..<Int(nodes[Int(nodes[node].end)].firstToken)]
  }

  /// The node that `byte` leads to from `node`, or from the root.
  func child(of node: Int?, _ byte: UInt8) -> Int? {
    var next = node.map { $0 + 1 } ?? 0
    let end = node.map { Int(nodes[$0].end) } ?? nodes.count - 1
    while next < end {
      if nodes[next].byte == byte { return next }
      next = Int(nodes[next].end)
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
