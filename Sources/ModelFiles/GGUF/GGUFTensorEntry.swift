import SafeIO

/// What the header of a GGUF file says about one tensor, its sizes checked for themselves.
struct GGUFTensorEntry {
  var name: String
  /// Row-major: the file lists the contiguous extent first.
  var shape: [Int]
  var type: StoredType
  var byteCount: Int
  var offset: UInt64
  /// Where the entry stands in the file.
  var headerOffset: Int

  /// The type ids of the format; ids that are not here were removed from it or never given.
  private static let types: [UInt32: StoredType] = [
    0: .f32, 1: .f16, 2: .q4_0, 3: .q4_1, 6: .q5_0, 7: .q5_1, 8: .q8_0, 9: .q8_1, 10: .q2_K,
    11: .q3_K, 12: .q4_K, 13: .q5_K, 14: .q6_K, 15: .q8_K, 16: .iq2_xxs, 17: .iq2_xs,
    18: .iq3_xxs, 19: .iq1_s, 20: .iq4_nl, 21: .iq3_s, 22: .iq2_s, 23: .iq4_xs, 24: .i8,
    25: .i16, 26: .i32, 27: .i64, 28: .f64, 29: .iq1_m, 30: .bf16, 34: .tq1_0, 35: .tq2_0,
    39: .mxfp4, 40: .nvfp4, 41: .q1_0,
  ]

  init(reading cursor: inout GGUFCursor) throws {
    let path = cursor.file.path
    headerOffset = cursor.offset
    name = try cursor.string()
    guard (1...1024).contains(name.utf8.count) else {
      throw ModelFileError(
        path,
        .ggufString(
          offset: headerOffset,
          reason: "tensor name of \(name.utf8.count) bytes, expected 1…1024"))
    }
    let rank = try cursor.integer(UInt32.self)
    guard rank <= 4 else {
      throw ModelFileError(
        path, .ggufShape(tensor: name, reason: "\(rank) dimensions, at most 4 are read"))
    }
    var extents: [Int] = []
    for index in 0..<Int(rank) {
      let extent = try cursor.integer(UInt64.self)
      guard extent > 0, let value = Int(exactly: extent) else {
        throw ModelFileError(
          path,
          .ggufShape(tensor: name, reason: "dimension \(index) is \(extent), expected 1…2^63-1"))
      }
      extents.append(value)
    }
    shape = extents.reversed()
    let id = try cursor.integer(UInt32.self)
    guard let type = Self.types[id] else {
      throw ModelFileError(path, .ggufType(tensor: name, reason: "unknown type id \(id)"))
    }
    self.type = type
    offset = try cursor.integer(UInt64.self)
    guard let elements = CheckedSize.product(shape) else {
      throw ModelFileError(path, .ggufSize(tensor: name, stage: "elements"))
    }
    let rowLength = extents.first ?? 1
    guard rowLength % type.blockElements == 0 else {
      throw ModelFileError(
        path,
        .ggufType(
          tensor: name,
          reason: "rows of \(rowLength) elements, \(type) has blocks of \(type.blockElements)"))
    }
    guard
      let bytes = CheckedSize.product([elements / type.blockElements, type.blockBytes])
    else { throw ModelFileError(path, .ggufSize(tensor: name, stage: "bytes")) }
    byteCount = bytes
  }
}
