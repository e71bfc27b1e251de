extension StringPart {
  /// Whether the next byte is bound by more than its being a continuation or a digit.
  var hasRules: Bool {
    switch (kind, value) {
    case (.tail2, 0), (.tail2, 0xD), (.tail3, 0), (.tail3, 4), (.unit1, 0xD): true
    case (.unit0, _): true
    default: false
    }
  }

  /// The characters that it can still become, if its class is not known; for the first digits of an
  /// escape, halves of surrogate pairs among them.
  var scalars: ClosedRange<UInt32> {
    func block(_ start: UInt32, _ size: UInt32) -> ClosedRange<UInt32> {
      start...(start + size - 1)
    }
    switch (kind, value) {
    case (.tail1, _): return block(value << 6, 1 << 6)
    case (.tail2, 0): return 0x800...0xFFF
    case (.tail2, 0xD): return 0xD000...0xD7FF
    case (.tail2, _): return block(value << 12, 1 << 12)
    case (.tail3, 0): return 0x10000...0x3FFFF
    case (.tail3, 4): return 0x100000...ScalarSet.last
    case (.tail3, _): return block(value << 18, 1 << 18)
    case (.unit0, _): return 0...0xFFFF
    case (.unit1, _): return block(value << 12, 1 << 12)
    case (.unit2, _): return block(value << 8, 1 << 8)
    case (.unit3, _): return block(value << 4, 1 << 4)
    case (.high2, _): return block(0x10000 + ((value << 8) &- 0xD800) << 10, 1 << 18)
    case (.high3, _): return block(0x10000 + ((value << 4) &- 0xD800) << 10, 1 << 14)
    case (.low2, _): return block(0x10000 + value << 8, 1 << 8)
    case (.low3, _): return block(0x10000 + value << 4, 1 << 4)
    case (.pair, _), (.pairEscape, _), (.low0, _), (.low1, _):
      return block(0x10000 + value << 10, 1 << 10)
    default: return 0...ScalarSet.last
    }
  }

  /// The bytes that the character still takes.
  var bytesLeft: Int {
    switch kind {
    case .tail1, .unit3, .low3: 1
    case .tail2, .unit2, .low2: 2
    case .tail3, .unit1, .low1: 3
    case .unit0, .low0: 4
    case .pairEscape: 5
    case .pair: 6
    case .high3: 7
    case .high2: 8
    default: 0
    }
  }
}
