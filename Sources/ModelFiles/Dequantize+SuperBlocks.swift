/// Blocks of 256 elements ("K-quants"): sub-blocks have small integer scales of their own, which
/// the block's f16 scales multiply.
extension Dequantize {
  /// The 6-bit scale and minimum of sub-block `k`, out of the 12 bytes that hold eight of each.
  @inline(__always)
  private static func scaleAndMinimum(_ s: UnsafeRawPointer, _ k: Int) -> (UInt8, UInt8) {
    if k < 4 { return (byte(s, k) & 63, byte(s, k + 4) & 63) }
    return (
      byte(s, k + 4) & 15 | (byte(s, k - 4) >> 6) << 4,
      byte(s, k + 4) >> 4 | (byte(s, k) >> 6) << 4
    )
  }

  @inline(__always)
  static func q4_K(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 0)
    let minimum = half(block, 2)
    for k in 0..<8 {
      let (scale, offset) = scaleAndMinimum(block + 4, k)
      let dk = d * Float(scale)
      let mk = minimum * Float(offset)
      let nibbles = block + 16 + 32 * (k / 2)
      let shift = UInt8(4 * (k & 1))
      for l in 0..<32 {
        out[32 * k + l] = dk * Float(Int32(byte(nibbles, l) >> shift & 15)) - mk
      }
    }
  }

  @inline(__always)
  static func q5_K(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 0)
    let minimum = half(block, 2)
    let high = block + 16
    for k in 0..<8 {
      let (scale, offset) = scaleAndMinimum(block + 4, k)
      let dk = d * Float(scale)
      let mk = minimum * Float(offset)
      let nibbles = block + 48 + 32 * (k / 2)
      let shift = UInt8(4 * (k & 1))
      for l in 0..<32 {
        let fifth = (byte(high, l) >> UInt8(k) & 1) << 4
        out[32 * k + l] = dk * Float(Int32(byte(nibbles, l) >> shift & 15 | fifth)) - mk
      }
    }
  }

  @inline(__always)
  static func q6_K(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 208)
    for half in 0..<2 {
      let high = block + 128 + 32 * half
      for k in 0..<4 {
        let low = block + 64 * half + 32 * (k & 1)
        let shift = UInt8(4 * (k / 2))
        let values = out + 128 * half + 32 * k
        for part in 0..<2 {
          let scale = Int8(bitPattern: byte(block, 192 + 8 * half + 2 * k + part))
          let dk = d * Float(scale)
          for l in (16 * part)..<(16 * part + 16) {
            let upper = (byte(high, l) >> UInt8(2 * k) & 3) << 4
            values[l] = dk * Float(Int32(byte(low, l) >> shift & 15 | upper) - 32)
          }
        }
      }
    }
  }
}
