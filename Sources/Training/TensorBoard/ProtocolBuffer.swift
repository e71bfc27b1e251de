/// Writes the wire format of protocol buffers.
struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func integer(_ value: Int, field: Int) {
    varint(UInt64(field) << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func double(_ value: Double, field: Int) {
    varint(UInt64(field) << 3 | 1)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func float(_ value: Float, field: Int) {
    varint(UInt64(field) << 3 | 5)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func string(_ value: String, field: Int) { add(Array(value.utf8), field: field) }

  mutating func message(field: Int, _ body: (inout ProtocolBuffer) -> Void) {
    var inner = ProtocolBuffer()
    body(&inner)
    add(inner.bytes, field: field)
  }

  private mutating func add(_ value: [UInt8], field: Int) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }
}

/// The bytes of a number, the lowest first.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
