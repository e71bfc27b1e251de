extension RasterImage {
  /// The bytes of a PNG file (ISO/IEC 15948): 8 bits of red, green and blue.
  package var png: [UInt8] {
    var header = PNGFile.bigEndian(UInt32(width)) + PNGFile.bigEndian(UInt32(height))
    header += [8, 2, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + PNGFile.chunk("IHDR", header)
      + PNGFile.chunk("IDAT", Deflate.zlib(filtered))
      + PNGFile.chunk("IEND", [])
  }

  /// The rows, each less the one above: where nothing changes downwards there are zeros.
  private var filtered: [UInt8] {
    let stride = 3 * width
    var result: [UInt8] = []
    result.reserveCapacity((stride + 1) * height)
    for row in 0..<height {
      result.append(2)
      for place in (row * stride)..<((row + 1) * stride) {
        result.append(row == 0 ? pixels[place] : pixels[place] &- pixels[place - stride])
      }
    }
    return result
  }
}

/// The parts of a PNG file.
enum PNGFile {
  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// A chunk with its length and check sum.
  static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  /// The check sum of ISO 3309.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
  }
}
