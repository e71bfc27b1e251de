/// Compression as zlib reads it (RFC 1950 and 1951): runs of a byte, in the fixed code.
///
/// Pictures of a few lines are runs for the most part; a search for longer matches would gain little.
enum Deflate {
  /// A zlib stream.
  static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    var writer = BitWriter()
    writer.bytes = [0x78, 0x01]
    // One block, the last, in the fixed code.
    writer.write(0b011, bits: 3)
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      writer.literal(Int(byte))
      place += 1
      var end = place
      while end < bytes.count, bytes[end] == byte, end - place < 258 { end += 1 }
      if end - place >= 3 {
        writer.run(end - place)
        place = end
      }
    }
    writer.literal(256)
    writer.flush()
    return writer.bytes + PNGFile.bigEndian(adler32(bytes))
  }

  /// The check sum of RFC 1950.
  static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return b << 16 | a
  }

  /// The first length of each code from 257 on, and how many bits follow it.
  private static let lengths: [(base: Int, extra: Int)] =
    (0..<8).map { (3 + $0, 0) }
    + (1..<6).flatMap { extra in (0..<4).map { (3 + (4 + $0) << extra, extra) } } + [(258, 0)]

  private struct BitWriter {
    var bytes: [UInt8] = []
    private var pending: UInt32 = 0
    private var count = 0

    /// Adds bits, the lowest first.
    mutating func write(_ value: UInt32, bits: Int) {
      pending |= value << UInt32(count)
      count += bits
      while count >= 8 {
        bytes.append(UInt8(pending & 255))
        pending >>= 8
        count -= 8
      }
    }

    /// A code of the fixed table, whose bits begin with the highest.
    mutating func literal(_ symbol: Int) {
      switch symbol {
      case 0..<144: code(UInt32(0x30 + symbol), bits: 8)
      case 144..<256: code(UInt32(0x190 + symbol - 144), bits: 9)
      case 256..<280: code(UInt32(symbol - 256), bits: 7)
      default: code(UInt32(0xC0 + symbol - 280), bits: 8)
      }
    }

    /// The last byte again, `length` times.
    mutating func run(_ length: Int) {
      let index = lengths.lastIndex { $0.base <= length } ?? 0
      literal(257 + index)
      write(UInt32(length - lengths[index].base), bits: lengths[index].extra)
      code(0, bits: 5)
    }

    private mutating func code(_ value: UInt32, bits: Int) {
      var reversed: UInt32 = 0
      for bit in 0..<bits where value >> UInt32(bit) & 1 == 1 {
        reversed |= 1 << UInt32(bits - 1 - bit)
      }
      write(reversed, bits: bits)
    }

    mutating func flush() {
      if count > 0 { write(0, bits: 8 - count) }
    }
  }
}
