/// Byte-pair encoding of one word: its bytes become symbols, and the pair of neighbours that was
/// learnt first merges, leftmost first, until no pair is known.
struct BytePairEncoder: Sendable {
  /// Token id of every byte, or `missing` for the bytes that the vocabulary leaves out.
  var byteIDs: [UInt32]
  var merges: MergeTable
  /// Stands for bytes without a token; where it is nil these are dropped, as `tokenizers` does.
  var unknown: UInt32?
  /// Whether a run of unknown bytes gives one unknown token.
  var fusesUnknown = false

  static let missing = UInt32.max
  /// Words up to this many symbols are merged by looking at every pair; longer ones through a heap.
  private static let shortWord = 48

  /// Arrays that are kept from word to word.
  struct Scratch {
    var symbols: [UInt32] = []
    var values: [UInt64] = []
  }

  /// Appends the ids of `word`.
  func encode(
    _ word: UnsafeBufferPointer<UInt8>, _ merges: MergeTable.Reader, _ scratch: inout Scratch,
    into ids: inout [Int]
  ) {
    scratch.symbols.removeAll(keepingCapacity: true)
    var afterUnknown = false
    for byte in word {
      let id = byteIDs[Int(byte)]
      if id != Self.missing {
        scratch.symbols.append(id)
        afterUnknown = false
      } else if let unknown {
        if !(afterUnknown && fusesUnknown) { scratch.symbols.append(unknown) }
        afterUnknown = true
      }
    }
    if scratch.symbols.count <= 1 {
      if let only = scratch.symbols.first { ids.append(Int(only)) }
    } else if scratch.symbols.count <= Self.shortWord {
      mergeShort(merges, &scratch, into: &ids)
    } else {
      LongWordMerger.merge(scratch.symbols, merges, into: &ids)
    }
  }

  private func mergeShort(
    _ merges: MergeTable.Reader, _ scratch: inout Scratch, into ids: inout [Int]
  ) {
    var count = scratch.symbols.count
    scratch.values.removeAll(keepingCapacity: true)
    for i in 1..<count {
      scratch.values.append(merges.merge(scratch.symbols[i - 1], scratch.symbols[i]))
    }
    scratch.values.append(MergeTable.none)
    scratch.symbols.withUnsafeMutableBufferPointer { symbols in
      scratch.values.withUnsafeMutableBufferPointer { values in
        while true {
          var best = MergeTable.none
          var place = 0
          for i in 0..<count - 1 where values[i] < best {
            best = values[i]
            place = i
          }
          if best == MergeTable.none { break }
          symbols[place] = UInt32(truncatingIfNeeded: best)
          count -= 1
          for i in place + 1..<max(count, place + 1) {
            symbols[i] = symbols[i + 1]
            values[i] = values[i + 1]
          }
          if place > 0 { values[place - 1] = merges.merge(symbols[place - 1], symbols[place]) }
          values[place] =
            place + 1 < count ? merges.merge(symbols[place], symbols[place + 1]) : MergeTable.none
        }
        for i in 0..<count { ids.append(Int(symbols[i])) }
      }
    }
  }
}
