/// Remembers how short words were encoded.
///
/// Words up to 15 bytes are two machine words with their length, so that a lookup compares two
/// integers. Every word has one place; a newcomer takes it. When the store of longer results is full
/// all is forgotten, which bounds the memory to about 2 MB. A new cache is small; it grows, forgetting
/// all, once it has seen many words.
struct WordCache: Sendable {
  /// Bytes of a word and, in the uppermost byte, its length.
  struct Key: Equatable {
    var low: UInt64
    var high: UInt64

    /// The key of a word of 1 to 15 bytes.
    @inline(__always)
    init(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) {
      let count = word.count
      if word.lowerBound + 16 <= text.count {
        let raw = UnsafeRawPointer(text.baseAddress.unsafelyUnwrapped + word.lowerBound)
        low = raw.loadUnaligned(as: UInt64.self)
        high = raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        if count < 8 {
          low &= (1 << UInt64(8 * count)) - 1
          high = 0
        } else {
          high &= (1 << UInt64(8 * (count - 8))) - 1
        }
      } else {
        low = 0
        high = 0
        for (i, byte) in text[word].enumerated() {
          if i < 8 {
            low |= UInt64(byte) << UInt64(8 * i)
          } else {
            high |= UInt64(byte) << UInt64(8 * i - 64)
          }
        }
      }
      high |= UInt64(count) << 56
    }
  }

  static let maximumWordLength = 15
  private static let largestSlotBits: UInt64 = 15
  private static let arenaLimit = 1 << 18

  private struct Slot {
    var low: UInt64 = 0
    var high: UInt64 = 0
    /// The id itself, or a place in the arena, with the number of ids in the upper half.
    var value: UInt64 = 0
  }
  private var slots: [Slot]
  private var shift: UInt64
  private var arena: [UInt32] = []
  /// Words remembered since the cache had its present size.
  private var remembered = 0

  init(slotBits: UInt64 = 9) {
    slots = Array(repeating: Slot(), count: 1 << Int(slotBits))
    shift = 64 - slotBits
  }

  @inline(__always)
  private func slot(_ key: Key) -> Int {
    let mixed = (key.low ^ (key.high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
    return Int(mixed >> shift)
  }

  /// Appends the ids of a word that is remembered; false when it is not.
  @inline(__always)
  func append(_ key: Key, to ids: inout [Int]) -> Bool {
    let found = slots[slot(key)]
    guard found.low == key.low, found.high == key.high else { return false }
    let count = Int(found.value >> 32)
    let place = Int(found.value & 0xFFFF_FFFF)
    if count == 1 {
      ids.append(place)
    } else {
      for i in place..<place + count { ids.append(Int(arena[i])) }
    }
    return true
  }

  mutating func remember(_ key: Key, _ ids: ArraySlice<Int>) {
    remembered += 1
    let bits = 64 - shift
    if remembered > slots.count, bits < Self.largestSlotBits {
      self = WordCache(slotBits: bits + 3)
    } else if arena.count + ids.count > Self.arenaLimit {
      self = WordCache(slotBits: bits)
    }
    var place = ids.first ?? 0
    if ids.count != 1 {
      place = arena.count
      arena.append(contentsOf: ids.lazy.map { UInt32($0) })
    }
    slots[slot(key)] = Slot(
      low: key.low, high: key.high, value: UInt64(ids.count) << 32 | UInt64(place))
  }
}
