extension Arena {
  /// The tokens that may follow `state`, however many tokens are left.
  mutating func mask(after state: Int32) -> StateMask {
    if let known = masks.find(state) { return known }
    var found = StateMask(mask: TokenMask(vocabularySize: vocabulary.size), longest: 0)
    var trie = vocabulary.trie
    // In a string that takes any character, plain tokens need not be walked: only their length counts.
    for place in keys[Int(state)].places {
      let edge = network.edges[Int(place.edge)]
      guard case .string(let string) = network.lexemes[Int(edge.lexeme)], string.isFree(place.lex)
      else { continue }
      let room = string.maximum.map { $0 - Int(place.lex.count) } ?? .max
      found.mask.formUnion(vocabulary.plain[min(room, vocabulary.plain.count - 1)])
      found.longest = max(found.longest, cost(place))
      if room >= vocabulary.plain.count - 1 { trie = vocabulary.marked }
    }
    walk(trie, from: state) { arena, tokens, end in
      for token in tokens { found.mask.insert(Int(token)) }
      found.longest = max(found.longest, arena.costs[Int(end)])
    }
    masks.insert(state, found)
    return found
  }

  /// The tokens that may follow `state` and leave a text that `tokens` more tokens complete.
  ///
  /// - Returns: Also those that open a key, which takes more if the object has it already.
  mutating func mask(
    after state: Int32, completedWithin tokens: Int
  ) -> (mask: TokenMask, opening: [Int32]) {
    var mask = TokenMask(vocabularySize: vocabulary.size)
    var opening: [Int32] = []
    walk(vocabulary.trie, from: state) { arena, found, end in
      guard arena.costs[Int(end)] <= tokens || arena.bound(end) <= tokens else { return }
      for token in found { mask.insert(Int(token)) }
      if arena.isFresh(end) { opening.append(contentsOf: found) }
    }
    return (mask, opening)
  }

  /// Follows every token of `trie` as far as it goes, and visits those that are followed to the end.
  private mutating func walk(
    _ trie: TokenTrie, from state: Int32,
    _ visit: (inout Arena, ArraySlice<Int32>, _ end: Int32) -> Void
  ) {
    var path = [Int32](repeating: state, count: trie.deepest + 1)
    var node = 0
    while node < trie.bytes.count {
      let depth = Int(trie.depths[node])
      let next = next(path[depth - 1], trie.bytes[node])
      guard next != Self.dead else {
        node = Int(trie.ends[node])
        continue
      }
      path[depth] = next
      if trie.firstTokens[node] < trie.firstTokens[node + 1] {
        visit(&self, trie.tokens(at: node), next)
      }
      node += 1
    }
  }
}
