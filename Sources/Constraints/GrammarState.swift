internal import Synchronization

/// How far a text has come under a grammar; a value, one for each text that is being written.
///
/// Numbers of tokens left include the one that is about to be chosen and exclude the token that ends
/// the sequence.
public struct GrammarState: Sendable {
  /// The grammar that it follows.
  public let grammar: CompiledGrammar
  private var box: ArenaBox
  private var place: Int32
  private var tracker: KeyTracker?
  private var hasEnded = false

  /// The beginning of a text.
  public init(_ grammar: CompiledGrammar) {
    self.grammar = grammar
    (box, place) = grammar.begin()
    tracker = grammar.network.hasOpenKeys ? KeyTracker() : nil
  }

  /// Goes on by `token`; false, and no change, if the grammar does not allow it.
  public mutating func advance(_ token: Int) -> Bool {
    if grammar.vocabulary.endOfSequence.contains(token) {
      guard isComplete, !hasEnded else { return false }
      hasEnded = true
      return true
    }
    moveIfFull()
    guard let (next, tracker) = followed(token) else { return false }
    place = next
    self.tracker = tracker
    return true
  }

  /// Whether the text may end here.
  public var isComplete: Bool {
    box.arena.withLock { $0.keys[Int(place)].isComplete }
  }

  /// Whether the text is complete and nothing can follow, so that no end token need be asked for.
  public var isFinished: Bool {
    hasEnded
      || box.arena.withLock { [place] arena in
        let key = arena.keys[Int(place)]
        return key.isComplete && key.places.isEmpty
      }
  }

  /// How many tokens suffice to complete the text, 0 if it is complete.
  public var minimalTokensToEnd: Int? {
    box.arena.withLock { $0.bound(place) + extra(&$0, place, tracker) }
  }

  /// Fills `mask` with the tokens after which the text can still be completed.
  ///
  /// A token that ends the sequence is allowed where the text may end. If so few tokens are left that
  /// none can be completed, which a request that was checked against ``CompiledGrammar/minimalTokens``
  /// does not meet, the mask is that of any number.
  ///
  /// - Parameters:
  ///   - mask: A mask of the vocabulary's size.
  ///   - tokensLeft: How many tokens may still be written; nil for any number.
  public func fillMask(_ mask: inout TokenMask, tokensLeft: Int?) {
    if hasEnded || (tokensLeft ?? 1) <= 0 {
      mask = TokenMask(vocabularySize: grammar.vocabulary.count)
    } else {
      let (all, longest) = box.arena.withLock { arena in
        let found = arena.mask(after: place)
        return (found.mask, found.longest)
      }
      mask = all
      let left = (tokensLeft ?? .max) - 1
      let spare = tracker == nil ? 0 : KeyTracker.mostExtra
      let isTight = tokensLeft != nil && longest + spare > left
      if isTight {
        let (tight, opening) = box.arena.withLock {
          $0.mask(after: place, completedWithin: left)
        }
        mask = tight
        for token in opening where !allows(Int(token), tokensLeft: tokensLeft) {
          mask.remove(Int(token))
        }
      }
      removeRepeatedKeys(&mask, tokensLeft: isTight ? tokensLeft : nil)
      if isTight, !isComplete, mask.words.allSatisfy({ $0 == 0 }) {
        mask = all
        removeRepeatedKeys(&mask, tokensLeft: nil)
      }
    }
    if !hasEnded, isComplete {
      for token in grammar.vocabulary.endOfSequence where token < mask.vocabularySize {
        mask.insert(token)
      }
    }
  }

  /// Whether `fillMask` would allow `token`, at a fraction of the cost.
  public func allows(_ token: Int, tokensLeft: Int?) -> Bool {
    if hasEnded { return false }
    if grammar.vocabulary.endOfSequence.contains(token) { return isComplete }
    guard (tokensLeft ?? 1) > 0, let (next, tracker) = followed(token) else { return false }
    guard let tokensLeft else { return true }
    return box.arena.withLock { arena in
      let extra = extra(&arena, next, tracker)
      return arena.costs[Int(next)] + extra < tokensLeft || arena.bound(next) + extra < tokensLeft
    }
  }

  private func followed(_ token: Int) -> (place: Int32, tracker: KeyTracker?)? {
    let bytes = grammar.vocabulary.storage.bytes(of: token)
    guard !bytes.isEmpty, !hasEnded else { return nil }
    guard let tracker else {
      let next = box.arena.withLock { arena in
        var next = place
        for byte in bytes {
          next = arena.next(next, byte)
          if next == Arena.dead { return next }
        }
        return arena.settled(next)
      }
      return next == Arena.dead ? nil : (next, nil)
    }
    return box.arena.withLock { arena in
      var (next, tracker) = (place, tracker)
      for byte in bytes {
        next = arena.next(next, byte)
        if next == Arena.dead { return nil }
        // Quotes and braces of text that is no JSON open nothing.
        if grammar.network.hasRawText, arena.isInRawText(next) {
          tracker = KeyTracker()
        } else if !tracker.append(byte) {
          return nil
        }
      }
      return (arena.settled(next), tracker)
    }
  }

  /// Characters by which a key must be longer than the network knows, to be a new one.
  private func extra(_ arena: inout Arena, _ place: Int32, _ tracker: KeyTracker?) -> Int {
    guard let tracker, tracker.pendingKey != nil, let need = arena.keyNeed(place) else { return 0 }
    return tracker.extra(need: need)
  }

  /// Takes out the tokens that would end a key that the object has already.
  private func removeRepeatedKeys(_ mask: inout TokenMask, tokensLeft: Int?) {
    guard let tracker, let key = tracker.pendingKey else { return }
    let trie = grammar.vocabulary.storage.trie
    let keys = tracker.keys
    for other in keys where other.starts(with: key) {
      let rest = other.dropFirst(key.count)
      if let node = trie.node(at: rest + [0x22]) {
        for token in trie.tokens(below: node) { mask.remove(Int(token)) }
      }
      guard let tokensLeft, let node = trie.node(at: rest) else { continue }
      for token in trie.tokens(at: node) where !allows(Int(token), tokensLeft: tokensLeft) {
        mask.remove(Int(token))
      }
    }
    guard let tokensLeft, keys.count >= KeyTracker.letters else { return }
    for token in mask.allowed where !allows(token, tokensLeft: tokensLeft) { mask.remove(token) }
  }

  private mutating func moveIfFull() {
    let portable = box.arena.withLock { $0.isFull ? $0.portable(place) : nil }
    guard let portable else { return }
    let roomy = grammar.roomyArena()
    guard roomy !== box else { return }
    box = roomy
    place = roomy.arena.withLock { $0.adopt(portable) }
  }
}
