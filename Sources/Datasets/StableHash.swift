/// Hashes that are the same in every run and on every machine, unlike `Hasher`'s.
package enum StableHash {
  /// The offset basis of 64-bit FNV-1a.
  static let start: UInt64 = 0xCBF2_9CE4_8422_2325

  /// One step of FNV-1a with a byte, or with a larger number taken whole.
  static func adding(_ value: some BinaryInteger, to hash: UInt64) -> UInt64 {
    (hash ^ UInt64(truncatingIfNeeded: value)) &* 0x0000_0100_0000_01B3
  }

  /// FNV-1a over the UTF-8 of a text.
  package static func of(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { $0.reduce(start) { adding($1, to: $0) } }
  }

  /// FNV-1a over the UTF-8 of a text, mixed with a seed.
  package static func of(_ text: String, seed: UInt64) -> UInt64 {
    mixed(of(text) ^ mixed(seed &+ 0x9E37_79B9_7F4A_7C15))
  }

  /// SplitMix64's finaliser: every bit of the result depends on every bit of the value.
  static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
