/// Turns stored bytes into f32, bit for bit as the reference package `gguf` does.
///
/// The loops run over raw pointers, since checked subscripts keep them from vectorising; sizes are
/// checked once before.
package enum Dequantize {
  /// Decodes whole blocks of `type`.
  ///
  /// - Precondition: `type.isReadable`, and both sizes belong to the same number of blocks.
  package static func decode(
    _ type: StoredType, _ source: UnsafeRawBufferPointer,
    into destination: UnsafeMutableBufferPointer<Float>
  ) {
    let blocks = destination.count / type.blockElements
    guard blocks > 0, let bytes = source.baseAddress, let floats = destination.baseAddress,
      blocks * type.blockElements == destination.count,
      blocks * type.blockBytes == source.count
    else {
      guard destination.isEmpty && source.isEmpty else {
        fatalError(
          "Dequantize.decode: \(source.count) bytes of \(type) for \(destination.count) elements")
      }
      return
    }
    let step = type.blockBytes
    let width = type.blockElements
    switch type {
    case .f32: UnsafeMutableRawPointer(floats).copyMemory(from: bytes, byteCount: source.count)
    case .f16:
      for index in 0..<blocks { floats[index] = half(bytes, 2 * index) }
    case .bf16:
      for index in 0..<blocks {
        let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        floats[index] = HalfPrecision.float(bfloat16: bits)
      }
    case .f64:
      for index in 0..<blocks {
        floats[index] = Float(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
      }
    case .q4_0: for b in 0..<blocks { q4_0(bytes + b * step, floats + b * width) }
    case .q4_1: for b in 0..<blocks { q4_1(bytes + b * step, floats + b * width) }
    case .q5_0: for b in 0..<blocks { q5_0(bytes + b * step, floats + b * width) }
    case .q5_1: for b in 0..<blocks { q5_1(bytes + b * step, floats + b * width) }
    case .q8_0: for b in 0..<blocks { q8_0(bytes + b * step, floats + b * width) }
    case .iq4_nl: for b in 0..<blocks { iq4_nl(bytes + b * step, floats + b * width) }
    case .q2_K: for b in 0..<blocks { q2_K(bytes + b * step, floats + b * width) }
    case .q3_K: for b in 0..<blocks { q3_K(bytes + b * step, floats + b * width) }
    case .q4_K: for b in 0..<blocks { q4_K(bytes + b * step, floats + b * width) }
    case .q5_K: for b in 0..<blocks { q5_K(bytes + b * step, floats + b * width) }
    case .q6_K: for b in 0..<blocks { q6_K(bytes + b * step, floats + b * width) }
    default: fatalError("Dequantize.decode: \(type) is not readable")
    }
  }

  package static func floats(_ type: StoredType, _ bytes: [UInt8]) -> [Float] {
    let count = bytes.count / type.blockBytes * type.blockElements
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes { decode(type, $0, into: .init(rebasing: buffer[0..<count])) }
      initialized = count
    }
  }

  @inline(__always)
  static func half(_ bytes: UnsafeRawPointer, _ offset: Int) -> Float {
    HalfPrecision.float(half: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inline(__always)
  static func byte(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt8 {
    bytes.load(fromByteOffset: offset, as: UInt8.self)
  }
}
