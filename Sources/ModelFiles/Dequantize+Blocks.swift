/// Blocks of 32 elements. Each begins with its f16 scale `d` (and minimum `m`); byte `j` of the
/// nibbles holds elements `j` and `j + 16`.
extension Dequantize {
  @inline(__always)
  static func q4_0(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 0)
    for j in 0..<16 {
      let pair = Int32(byte(block, 2 + j))
      out[j] = d * Float(pair & 15 - 8)
      out[j + 16] = d * Float(pair >> 4 - 8)
    }
  }

  @inline(__always)
  static func q4_1(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 0)
    let m = half(block, 2)
    for j in 0..<16 {
      let pair = Int32(byte(block, 4 + j))
      out[j] = d * Float(pair & 15) + m
      out[j + 16] = d * Float(pair >> 4) + m
    }
  }

  /// The fifth bits stand in a 32-bit word, element `j`'s at bit `j`.
  @inline(__always)
  static func q5_0(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 0)
    let high = block.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
    for j in 0..<16 {
      let pair = Int32(byte(block, 6 + j))
      let first = Int32(truncatingIfNeeded: high >> UInt32(j) & 1) << 4
      let second = Int32(truncatingIfNeeded: high >> UInt32(j + 16) & 1) << 4
      out[j] = d * Float((pair & 15 | first) - 16)
      out[j + 16] = d * Float((pair >> 4 | second) - 16)
    }
  }

  @inline(__always)
  static func q5_1(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 0)
    let m = half(block, 2)
    let high = block.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
    for j in 0..<16 {
      let pair = Int32(byte(block, 8 + j))
      let first = Int32(truncatingIfNeeded: high >> UInt32(j) & 1) << 4
      let second = Int32(truncatingIfNeeded: high >> UInt32(j + 16) & 1) << 4
      out[j] = d * Float(pair & 15 | first) + m
      out[j + 16] = d * Float(pair >> 4 | second) + m
    }
  }

  @inline(__always)
  static func q8_0(_ block: UnsafeRawPointer, _ out: UnsafeMutablePointer<Float>) {
    let d = half(block, 0)
    for j in 0..<32 { out[j] = d * Float(Int8(bitPattern: byte(block, 2 + j))) }
  }
}
