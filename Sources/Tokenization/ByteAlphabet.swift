/// GPT-2's way of writing any byte as a printable character, so that a vocabulary is legible JSON.
///
/// Bytes that print (`!`…`~`, `¡`…`¬`, `®`…`ÿ`) stand for themselves; the other 68 are shifted, in
/// order, to U+0100 and up: a space is `Ġ`, a newline `Ċ`.
enum ByteAlphabet {
  /// The character of every byte.
  static let scalars: [UInt32] = {
    var shifted: UInt32 = 0x100
    return (0..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt32(byte)
      default:
        defer { shifted += 1 }
        return shifted
      }
    }
  }()

  /// The byte of every character below U+0144, or -1.
  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = Int16(byte) }
    return table
  }()

  /// The bytes that a vocabulary entry stands for, or nil when it has a character outside the alphabet.
  static func bytes(of token: String) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(token.utf8.count)
    for scalar in token.unicodeScalars {
      guard scalar.value < 0x144, bytes[Int(scalar.value)] >= 0 else { return nil }
      result.append(UInt8(bytes[Int(scalar.value)]))
    }
    return result
  }

  /// The printable form of `bytes`.
  static func text(of bytes: some Sequence<UInt8>) -> String {
    var result = String.UnicodeScalarView()
    for byte in bytes {
      if let scalar = Unicode.Scalar(scalars[Int(byte)]) { result.append(scalar) }
    }
    return String(result)
  }
}
