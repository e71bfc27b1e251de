/// Conversions between `Float` and the two 16-bit formats, in integer steps that vectorise.
package enum HalfPrecision {
  /// The value of IEEE binary16 bits, exact; the bits of a NaN are kept.
  @inline(__always)
  package static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF) << 13
    // Multiplying by 2^112 moves the exponent from binary16's bias to binary32's, and also
    // normalises what was subnormal.
    let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let special = magnitude | 0x7F80_0000
    return Float(bitPattern: sign | (magnitude >= 0x0F80_0000 ? special : scaled))
  }

  @inline(__always)
  package static func float(bfloat16 bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  /// The nearest bfloat16, ties to even; a NaN stays one.
  @inline(__always)
  package static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(bits >> 16) | 64 }
    return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }

  /// The nearest IEEE binary16, ties to even.
  @inline(__always)
  package static func half(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(bits >> 16 & 0x8000)
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude >= 0x7F80_0000 { return sign | 0x7C00 | (magnitude > 0x7F80_0000 ? 0x200 : 0) }
    // 65520 and above round to infinity.
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      // Adding a half makes the hardware round to the 2^-24 that subnormals count in.
      let shifted = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(truncatingIfNeeded: shifted.bitPattern - 0x3F00_0000)
    }
    let rounded = magnitude + 0xFFF + (magnitude >> 13 & 1) - 0x3800_0000
    return sign | UInt16(truncatingIfNeeded: rounded >> 13)
  }
}
