extension Arena {
  /// The tokens that may follow `state`, however many tokens are left.
  mutating func mask(after state: Int32) -> StateMask {
    if let known = masks.find(state) { return known }
    let likeness = representative(of: state)
    if likeness != state {
      var found = mask(after: likeness)
      // Where the string cannot end yet, what is left is no more than here and the rest of a character.
      if keys[Int(state)].places.count == 1, costs[Int(likeness)] > costs[Int(state)] {
        found.longest = min(found.longest, costs[Int(state)] + StringLexeme.longestCharacter)
      }
      return found
    }
    var found = StateMask(mask: TokenMask(vocabularySize: vocabulary.size), longest: 0)
    var isMarkedOnly = false
    // In a string that takes any character, plain tokens need not be walked: only their length counts.
    for place in keys[Int(state)].places {
      guard let string = freeString(at: place) else { continue }
      let room = string.maximum.map { $0 - Int(place.lex.count) } ?? .max
      found.mask.formUnion(vocabulary.plain[min(room, vocabulary.plain.count - 1)])
      found.longest = max(found.longest, cost(place))
      if room >= vocabulary.plain.count - 1 { isMarkedOnly = true }
    }
    let trie = isMarkedOnly ? vocabulary.marked : vocabulary.trie
    var longest = found.longest
    var last = Self.dead
    walk(trie, from: state, into: &found.mask) { arena, end, _ in
      if end != last { longest = max(longest, arena.costs[Int(end)]) }
      last = end
      return true
    }
    found.longest = longest
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
    let isMarkedOnly = addPlain(after: state, completedWithin: tokens, to: &mask)
    let trie = isMarkedOnly ? vocabulary.marked : vocabulary.trie
    walk(trie, from: state, into: &mask) { arena, end, node in
      guard arena.costs[Int(end)] <= tokens || arena.bound(end) <= tokens else { return false }
      if arena.isFresh(end) { opening.append(contentsOf: trie.tokens(at: node)) }
      return true
    }
    return (mask, opening)
  }

  /// Adds the plain tokens by their length, if the text is in a string that takes any character and
  /// nowhere else.
  private mutating func addPlain(
    after state: Int32, completedWithin tokens: Int, to mask: inout TokenMask
  ) -> Bool {
    guard keys[Int(state)].places.count == 1, let place = keys[Int(state)].places.first,
      freeString(at: place) != nil
    else { return false }
    var here = state
    for length in 1..<max(vocabulary.plain.count, 1) {
      let next = next(here, UInt8(ascii: "a"))
      guard next != Self.dead else { break }
      let fits = costs[Int(next)] <= tokens || bound(next) <= tokens
      if next == here {
        if fits {
          mask.formUnion(
            vocabulary.plain[vocabulary.plain.count - 1], without: vocabulary.plain[length - 1])
        }
        break
      }
      if fits { mask.formUnion(vocabulary.plain[length], without: vocabulary.plain[length - 1]) }
      here = next
    }
    return true
  }

  /// The string that `place` is in, if any character may follow in it.
  private func freeString(at place: Place) -> StringLexeme? {
    let edge = network.edges[Int(place.edge)]
    guard case .string(let string) = network.lexemes[Int(edge.lexeme)], string.isFree(place.lex)
    else { return nil }
    return string
  }

  /// The state whose mask is that of `state`: where no token reaches the bounds of a string, it does
  /// not matter how many characters it has.
  private mutating func representative(of state: Int32) -> Int32 {
    let reach = vocabulary.mostCharacters
    var key = keys[Int(state)]
    var isChanged = false
    for index in key.places.indices {
      guard let string = freeString(at: key.places[index]) else { continue }
      let count = Int(key.places[index].lex.count)
      let like: Int
      if count >= string.minimum, let maximum = string.maximum, maximum - count >= reach {
        like = string.minimum
      } else if count + reach < string.minimum {
        like = 0
      } else {
        continue
      }
      if like != count {
        key.places[index].lex.count = Int32(like)
        isChanged = true
      }
    }
    return isChanged ? number(key) : state
  }

  /// Follows every token of `trie` as far as it goes, and adds those to `mask` that are followed to
  /// the end and that `isAllowed` lets pass.
  private mutating func walk(
    _ trie: TokenTrie, from state: Int32, into mask: inout TokenMask,
    _ isAllowed: (inout Arena, _ end: Int32, _ node: Int) -> Bool
  ) {
    var path = [Int32](repeating: state, count: trie.deepest + 1)
    path.withUnsafeMutableBufferPointer { path in
      mask.words.withUnsafeMutableBufferPointer { words in
        trie.withNodes { nodes, tokens in
          var node = 0
          while node < nodes.count - 1 {
            let here = nodes[node]
            let depth = Int(here.depth)
            let from = path[depth - 1]
            var next = rows.cells[Int(from) << 8 | Int(here.byte)]
            if next == Self.unknown { next = self.next(from, here.byte) }
            guard next != Self.dead else {
              node = Int(here.end)
              continue
            }
            path[depth] = next
            node += 1
            let (first, last) = (Int(here.firstToken), Int(nodes[node].firstToken))
            guard first < last, isAllowed(&self, next, node - 1) else { continue }
            for token in tokens[first..<last] {
              words[Int(token) >> 6] |= 1 << UInt64(token & 63)
            }
          }
        }
      }
    }
  }
}
