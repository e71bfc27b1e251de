/// The type of a metadata value; raw values are those of the file.
package enum GGUFValueType: UInt32, Sendable, CustomStringConvertible {
  case u8 = 0
  case i8, u16, i16, u32, i32, f32, bool, string, array, u64, i64, f64

  package var description: String {
    switch self {
    case .u8: "u8"
    case .i8: "i8"
    case .u16: "u16"
    case .i16: "i16"
    case .u32: "u32"
    case .i32: "i32"
    case .f32: "f32"
    case .bool: "bool"
    case .string: "string"
    case .array: "array"
    case .u64: "u64"
    case .i64: "i64"
    case .f64: "f64"
    }
  }

  /// Bytes of one element, or nil where they differ from element to element.
  var byteCount: Int? {
    switch self {
    case .u8, .i8, .bool: 1
    case .u16, .i16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    case .string, .array: nil
    }
  }
}

/// A metadata value of a GGUF file.
package enum GGUFValue: Sendable, Equatable {
  case unsigned(UInt64, GGUFValueType)
  case signed(Int64, GGUFValueType)
  case float(Double, GGUFValueType)
  case bool(Bool)
  case string(String)
  case strings([String])
  /// An array of numbers or truth values, kept as its bytes: most are never looked at.
  case numbers(GGUFValueType, bytes: [UInt8])

  /// A scalar of `type` whose little-endian bits are `bits`.
  init?(bits: UInt64, type: GGUFValueType) {
    switch type {
    case .u8, .u16, .u32, .u64: self = .unsigned(bits, type)
    case .i8: self = .signed(Int64(Int8(truncatingIfNeeded: bits)), type)
    case .i16: self = .signed(Int64(Int16(truncatingIfNeeded: bits)), type)
    case .i32: self = .signed(Int64(Int32(truncatingIfNeeded: bits)), type)
    case .i64: self = .signed(Int64(bitPattern: bits), type)
    case .f32: self = .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))), type)
    case .f64: self = .float(Double(bitPattern: bits), type)
    case .bool:
      guard bits <= 1 else { return nil }
      self = .bool(bits == 1)
    case .string, .array: return nil
    }
  }

  /// What a message calls this kind of value.
  package var typeName: String {
    switch self {
    case .unsigned(_, let type), .signed(_, let type), .float(_, let type): "\(type)"
    case .bool: "bool"
    case .string: "string"
    case .strings(let values): "string[\(values.count)]"
    case .numbers(let type, let bytes): "\(type)[\(bytes.count / (type.byteCount ?? 1))]"
    }
  }

  /// The value as an integer, if it is one that fits.
  package var integer: Int? {
    switch self {
    case .unsigned(let value, _): Int(exactly: value)
    case .signed(let value, _): Int(exactly: value)
    default: nil
    }
  }

  /// How many elements an array has; nil for a scalar.
  package var arrayCount: Int? {
    switch self {
    case .strings(let values): values.count
    case .numbers(let type, let bytes): bytes.count / (type.byteCount ?? 1)
    default: nil
    }
  }

  /// The elements of an array of numbers, each as a scalar.
  package var elements: [GGUFValue]? {
    guard case .numbers(let type, let bytes) = self, let width = type.byteCount else { return nil }
    return stride(from: 0, to: bytes.count - bytes.count % width, by: width).compactMap { start in
      var bits: UInt64 = 0
      for place in 0..<width { bits |= UInt64(bytes[start + place]) << UInt64(8 * place) }
      return GGUFValue(bits: bits, type: type)
    }
  }
}
