/// How often each word occurs.
///
/// Words up to 15 bytes, which most are, stand as two machine words in an open-addressed table, so that
/// counting one copies no bytes; longer ones are in a dictionary.
final class WordCounts {
  /// A short word as `WordCache.Key` has it and its count; a slot with count 0 is free.
  private struct Slot {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var count = 0
  }
  private var slots: [Slot]
  private var shift: UInt64
  private var shortWords = 0
  private var longWords: [[UInt8]: Int] = [:]
  private var longBytes = 0
  /// Odd and drawn anew for each table, so that words cannot be written to collide.
  private let multiplier = UInt64.random(in: 0...UInt64.max) | 1

  private static let leastBits: UInt64 = 10
  /// What an entry of the dictionary takes besides its bytes: the array's head, the entry, free places.
  private static let longWordBytes = 96

  init() {
    slots = Array(repeating: Slot(), count: 1 << Self.leastBits)
    shift = 64 - Self.leastBits
  }

  /// How many words differ.
  var count: Int { shortWords + longWords.count }

  /// Bytes of memory, those of the next table included while the present one is copied into it.
  var memory: Int {
    3 * slots.count * MemoryLayout<Slot>.stride + longBytes + longWords.count * Self.longWordBytes
  }

  @inline(__always)
  private func place(_ low: UInt64, _ high: UInt64) -> Int {
    let mixed = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* multiplier
    return Int(((mixed ^ (mixed >> 29)) &* 0xBF58_476D_1CE4_E5B9) >> shift)
  }

  /// Counts `times` occurrences of the word at `range` of `text`.
  @inline(__always)
  func add(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, times: Int = 1) {
    if range.count <= WordCache.maximumWordLength {
      let key = WordCache.Key(text, range)
      addShort(key.low, key.high, times)
    } else {
      addLong(Array(text[range]), times)
    }
  }

  @inline(__always)
  private func addShort(_ low: UInt64, _ high: UInt64, _ times: Int) {
    let isFull = slots.withUnsafeMutableBufferPointer { slots in
      let mask = slots.count - 1
      var place = place(low, high)
      while slots[place].count != 0 {
        if slots[place].low == low, slots[place].high == high {
          slots[place].count += times
          return false
        }
        place = (place + 1) & mask
      }
      slots[place] = Slot(low: low, high: high, count: times)
      return true
    }
    if isFull {
      shortWords += 1
      if shortWords * 2 > slots.count { grow() }
    }
  }

  private func addLong(_ word: [UInt8], _ times: Int) {
    let count = longWords[word, default: 0]
    if count == 0 { longBytes += word.count }
    longWords[word] = count + times
  }

  private func grow() {
    let old = slots
    slots = Array(repeating: Slot(), count: 2 * old.count)
    shift -= 1
    slots.withUnsafeMutableBufferPointer { slots in
      let mask = slots.count - 1
      for slot in old where slot.count != 0 {
        var place = place(slot.low, slot.high)
        while slots[place].count != 0 { place = (place + 1) & mask }
        slots[place] = slot
      }
    }
  }

  /// Adds all counts of another table.
  func add(_ other: WordCounts) {
    for slot in other.slots where slot.count != 0 { addShort(slot.low, slot.high, slot.count) }
    for (word, count) in other.longWords { addLong(word, count) }
  }

  /// Forgets everything, the memory too.
  func removeAll() {
    slots = Array(repeating: Slot(), count: 1 << Self.leastBits)
    shift = 64 - Self.leastBits
    (shortWords, longWords, longBytes) = (0, [:], 0)
  }

  /// Calls `body` with every word, in no order that means anything.
  func forEach(_ body: (_ word: UnsafeBufferPointer<UInt8>, _ count: Int) throws -> Void) rethrows {
    for slot in slots where slot.count != 0 {
      try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { bytes in
        try body(Self.bytes(of: slot, in: bytes), slot.count)
      }
    }
    for (word, count) in longWords { try word.withUnsafeBufferPointer { try body($0, count) } }
  }

  /// Calls `body` with every word in the order of `WordRun`, and forgets them all, whatever it throws.
  func drain(_ body: (_ word: UnsafeBufferPointer<UInt8>, _ count: Int) throws -> Void) throws {
    // From here on `slots` is a list, no table.
    defer { removeAll() }
    slots.removeAll { $0.count == 0 }
    slots.sort { a, b in
      let lengths = (a.high >> 56, b.high >> 56)
      if lengths.0 != lengths.1 { return lengths.0 < lengths.1 }
      return (a.low.byteSwapped, a.high.byteSwapped) < (b.low.byteSwapped, b.high.byteSwapped)
    }
    for slot in slots {
      try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { bytes in
        try body(Self.bytes(of: slot, in: bytes), slot.count)
      }
    }
    let long = longWords.sorted { WordRun.precedes($0.key, $1.key) }
    for (word, count) in long { try word.withUnsafeBufferPointer { try body($0, count) } }
  }

  private static func bytes(
    of slot: Slot, in buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    let raw = UnsafeMutableRawBufferPointer(buffer)
    raw.storeBytes(of: slot.low.littleEndian, as: UInt64.self)
    raw.storeBytes(of: slot.high.littleEndian, toByteOffset: 8, as: UInt64.self)
    return UnsafeBufferPointer(rebasing: buffer[..<Int(slot.high >> 56)])
  }
}
