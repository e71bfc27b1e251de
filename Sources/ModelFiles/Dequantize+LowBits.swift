/// Blocks of two and three bits an element, and of four that stand for unequal steps.
///
/// Files that are called Q2_K to Q4_K hold them beside others: where rows are no whole blocks of 256, llama.cpp writes IQ4_NL.
extension Dequantize {
  /// Sixteen sub-blocks of 16 elements, each with a scale and a minimum of 4 bits.
  @inline(__always)
  static func q2_K(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 80)
    let minimum = half(block, 82)
    for part in 0..<16 {
      let scale = byte(block, part)
      let dk = d * Float(scale & 15)
      let mk = minimum * Float(scale >> 4)
      let bits = block + 16 + 32 * (part / 8) + 16 * (part & 1)
      let shift = UInt8(2 * (part / 2 % 4))
      for l in 0..<16 { out[16 * part + l] = dk * Float(byte(bits, l) >> shift & 3) - mk }
    }
  }

  /// Sixteen sub-blocks of 16 elements, each with a scale of 6 bits; the third bits stand apart.
  @inline(__always)
  static func q3_K(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 108)
    let scales = block + 96
    for part in 0..<16 {
      let low = part < 8 ? byte(scales, part) & 15 : byte(scales, part - 8) >> 4
      let high = byte(scales, 8 + part % 4) >> UInt8(2 * (part / 4)) & 3
      let dk = d * Float(Int32(low | high << 4) - 32)
      let column = 16 * (part & 1)
      let bits = block + 32 + 32 * (part / 8) + column
      let shift = UInt8(2 * (part / 2 % 4))
      let third = UInt8(part / 2)
      for l in 0..<16 {
        let isHigh = byte(block, column + l) >> third & 1 == 1
        out[16 * part + l] = dk * Float(Int32(byte(bits, l) >> shift & 3) - (isHigh ? 0 : 4))
      }
    }
  }

  @inline(__always)
  static func iq4_nl(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 0)
    for j in 0..<16 {
      let nibbles = byte(block, 2 + j)
      out[j] = d * step(nibbles & 15)
      out[j + 16] = d * step(nibbles >> 4)
    }
  }

  /// The sixteen steps of IQ4_NL, in two words of eight signed bytes.
  @inline(__always)
  private static func step(_ nibble: UInt8) -> Float {
    // -127, -104, -83, -65, -49, -35, -22, -10 and 1, 13, 25, 38, 53, 69, 89, 113
    let word: UInt64 = nibble < 8 ? 0xF6EA_DDCF_BFAD_9881 : 0x7159_4535_2619_0D01
    return Float(Int8(truncatingIfNeeded: word >> UInt64(8 * (nibble & 7))))
  }
}
