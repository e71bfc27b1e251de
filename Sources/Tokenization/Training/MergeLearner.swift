/// Learns merges from words and their counts: the pair of neighbours that occurs most often becomes a
/// token, again and again; of pairs that occur equally often, the one with the smaller ids.
///
/// Each merge costs time in proportion to the places of its pair. A token that is formed in two ways
/// (three dashes from two and one, or from one and two) is one token with two merges.
struct MergeLearner {
  /// The bytes of every token by id, special tokens' texts included.
  private(set) var tokens: [[UInt8]]
  /// Pairs of ids, the earliest learnt first.
  private(set) var merges: [(left: Int, right: Int)] = []
  /// How often the last pair that was merged occurred.
  private(set) var lastCount = 0

  /// The words, cut into tokens.
  ///
  /// Both ends of a token hold its id, and what lies between is `inside`, so that its neighbours are
  /// found from either end.
  private var symbols: [UInt32]
  private let words: [UInt32]
  private let counts: [Int]
  private let minimumFrequency: Int
  private var lengths: [Int]
  private var ids: [[UInt8]: Int] = [:]
  /// What no merge may spell.
  private let reserved: Set<[UInt8]>
  private var merged = Set<UInt64>()
  private var index = PairIndex()
  private var queue = PairQueue()
  private var left = Neighbours()
  private var right = Neighbours()
  private var places: [UInt32] = []

  private static let inside = UInt32.max - 1

  /// - Parameters:
  ///   - list: The words.
  ///   - tokens: What has an id already: special tokens, then the 256 bytes.
  ///   - specialCount: How many of them are special.
  ///   - limit: The greatest number of tokens that there will be.
  ///   - minimumFrequency: How often a pair must occur.
  init(
    _ list: consuming WordList, tokens: [[UInt8]], specialCount: Int, limit: Int,
    minimumFrequency: Int
  ) {
    self.tokens = tokens
    self.minimumFrequency = minimumFrequency
    symbols = list.symbols
    words = list.words
    counts = list.counts
    lengths = tokens.map { _ in 1 }
    // Words are written in the byte alphabet, special tokens as they are.
    reserved = Set(
      tokens.prefix(specialCount).compactMap {
        ByteAlphabet.bytes(of: String(decoding: $0, as: UTF8.self))
      })
    for (id, bytes) in tokens.enumerated().dropFirst(specialCount) { ids[bytes] = id }
    left.reserve(limit)
    right.reserve(limit)
    indexPairs()
  }

  /// Learns merges until there are `limit` tokens, or no pair occurs often enough.
  ///
  /// - Parameters:
  ///   - limit: The greatest number of tokens.
  ///   - report: Told now and then how many tokens there are.
  mutating func learn(limit: Int, _ report: (Int) throws -> Void) rethrows {
    while tokens.count < limit, let top = queue.pop() {
      let count = index.counts[top.record]
      guard count == top.count else {
        if count >= minimumFrequency {
          queue.push(MergeCandidate(count: count, pair: top.pair, record: top.record))
        }
        continue
      }
      guard let result = token(for: top.pair) else { continue }
      if merged.insert(top.pair).inserted {
        merges.append((Int(top.pair >> 32), Int(top.pair & 0xFFFF_FFFF)))
        lastCount = count
      }
      merge(top, into: result)
      if merges.count % 64 == 0 { try report(tokens.count) }
    }
  }

  /// How many tokens the words have become, each as often as it occurs.
  var tokenCount: Int {
    var total = 0
    var place = 0
    while place < symbols.count {
      let id = symbols[place]
      if id == WordList.separator {
        place += 1
      } else {
        total += counts[Int(words[place])]
        place += lengths[Int(id)]
      }
    }
    return total
  }

  /// The id of the token that a pair spells; nil if it must not be spelt.
  private mutating func token(for pair: UInt64) -> UInt32? {
    let bytes = tokens[Int(pair >> 32)] + tokens[Int(pair & 0xFFFF_FFFF)]
    if let id = ids[bytes] { return UInt32(id) }
    guard !reserved.contains(bytes) else { return nil }
    ids[bytes] = tokens.count
    tokens.append(bytes)
    lengths.append(bytes.count)
    return UInt32(tokens.count - 1)
  }

  /// Counts all pairs of bytes and notes where they are.
  private mutating func indexPairs() {
    var records = [Int32](repeating: -1, count: symbols.count)
    var sizes: [Int] = []
    for place in 0..<max(0, symbols.count - 1) {
      let (first, second) = (symbols[place], symbols[place + 1])
      guard first != WordList.separator, second != WordList.separator else { continue }
      let record = index.makeRecord(PairIndex.pair(first, second))
      if record == sizes.count { sizes.append(0) }
      sizes[record] += 1
      index.counts[record] += counts[Int(words[place])]
      records[place] = Int32(record)
    }
    var starts = sizes.indices.map { index.addStretch($0, count: sizes[$0]) }
    for (place, record) in records.enumerated() where record >= 0 {
      index.setPlace(starts[Int(record)], UInt32(place))
      starts[Int(record)] += 1
    }
    for record in sizes.indices { enqueue(record) }
  }

  private mutating func enqueue(_ record: Int) {
    let count = index.counts[record]
    guard count >= minimumFrequency else { return }
    queue.push(MergeCandidate(count: count, pair: index.pairs[record], record: record))
  }

  /// Puts `result` wherever the pair stands.
  private mutating func merge(_ pair: MergeCandidate, into result: UInt32) {
    let (first, second) = (UInt32(pair.pair >> 32), UInt32(pair.pair & 0xFFFF_FFFF))
    let (firstLength, secondLength) = (lengths[Int(first)], lengths[Int(second)])
    index.takePlaces(pair.record, into: &places)
    for place in places {
      let start = Int(place)
      let middle = start + firstLength
      guard symbols[start] == first, symbols[middle] == second else { continue }
      let end = middle + secondLength
      let weight = counts[Int(words[start])]
      let before = symbols[start - 1]
      if before != WordList.separator {
        left.add(before, weight, UInt32(start - lengths[Int(before)]))
      }
      let after = symbols[end]
      if after != WordList.separator { right.add(after, weight, place) }
      symbols[middle - 1] = Self.inside
      symbols[middle] = Self.inside
      symbols[start] = result
      symbols[end - 1] = result
    }

    // All new pairs first: what stands before a place may be the result of the place before it.
    index.noteNew(&left) { PairIndex.pair($0, result) }
    index.noteNew(&right) { PairIndex.pair(result, $0) }
    for neighbour in left.touched {
      subtract(left.weights[Int(neighbour)], PairIndex.pair(neighbour, first))
    }
    for neighbour in right.touched {
      subtract(right.weights[Int(neighbour)], PairIndex.pair(second, neighbour))
    }
    index.counts[pair.record] = 0
    for neighbour in left.touched { enqueueNew(PairIndex.pair(neighbour, result)) }
    for neighbour in right.touched { enqueueNew(PairIndex.pair(result, neighbour)) }
    left.removeAll()
    right.removeAll()
  }

  private mutating func subtract(_ weight: Int, _ pair: UInt64) {
    if let record = index.record(of: pair) { index.counts[record] -= weight }
  }

  private mutating func enqueueNew(_ pair: UInt64) {
    if let record = index.record(of: pair) { enqueue(record) }
  }
}

extension PairIndex {
  /// Counts the pairs that a merge makes with its neighbours on one side, and notes where they are.
  fileprivate mutating func noteNew(_ side: inout Neighbours, _ pair: (UInt32) -> UInt64) {
    for neighbour in side.touched {
      let record = makeRecord(pair(neighbour))
      counts[record] += side.weights[Int(neighbour)]
      side.sizes[Int(neighbour)] = addStretch(record, count: side.sizes[Int(neighbour)])
    }
    for (neighbour, place) in side.events {
      setPlace(side.sizes[Int(neighbour)], place)
      side.sizes[Int(neighbour)] += 1
    }
  }
}

/// The neighbours on one side of the places of a pair, by id.
private struct Neighbours {
  /// Those that were met, each once.
  private(set) var touched: [UInt32] = []
  /// How often, by the words' counts.
  private(set) var weights: [Int] = []
  /// At how many places; later, where the next place of this neighbour is to be written.
  var sizes: [Int] = []
  private(set) var events: [(neighbour: UInt32, place: UInt32)] = []

  /// Makes room for ids below `limit`.
  mutating func reserve(_ limit: Int) {
    weights = Array(repeating: 0, count: limit)
    sizes = weights
  }

  /// Notes a neighbour, and the place at which the new pair of the two begins.
  mutating func add(_ neighbour: UInt32, _ weight: Int, _ place: UInt32) {
    if sizes[Int(neighbour)] == 0 { touched.append(neighbour) }
    sizes[Int(neighbour)] += 1
    weights[Int(neighbour)] += weight
    events.append((neighbour, place))
  }

  mutating func removeAll() {
    for neighbour in touched {
      weights[Int(neighbour)] = 0
      sizes[Int(neighbour)] = 0
    }
    touched.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
  }
}
