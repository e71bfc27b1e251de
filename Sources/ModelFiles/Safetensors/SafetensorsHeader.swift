import SafeIO

/// The header of a safetensors file, read and checked.
struct SafetensorsHeader {
  private(set) var tensors: [StoredTensor] = []
  private(set) var metadata: [String: String] = [:]
  private(set) var warnings: [String] = []
  private let path: String

  static let lengthLimit = 100_000_000
  private static let tensorLimit = 262_144
  private static let metadataLimit = 1 << 20
  private static let nameLimit = 1024
  /// A million values of JSON are more than any model has in its header.
  private static let jsonLimits = JSON.Limits(depth: 16, bytes: lengthLimit, values: 4 << 20)

  private static let types: [String: StoredType] = {
    let all: [StoredType] = [
      .f32, .f16, .bf16, .f64, .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .f8_e4m3,
      .f8_e5m2,
    ]
    return Dictionary(uniqueKeysWithValues: all.map { ($0.rawValue, $0) })
  }()

  init(reading file: InputFile) throws {
    path = file.path
    guard file.size >= 8 else { throw refusal(.headerLength(0, limit: 0)) }
    var cursor = ByteCursor(try file.read(offset: 0, count: 8))
    let length = try cursor.integer(UInt64.self)
    let limit = min(Self.lengthLimit, file.size - 8)
    guard length >= 2, length <= UInt64(limit) else {
      throw refusal(.headerLength(length, limit: limit))
    }
    let text = try file.read(offset: 8, count: Int(length))
    guard text.first == UInt8(ascii: "{") else {
      throw refusal(.headerForm(reason: "expected '{' at byte 8"))
    }
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: text, limits: Self.jsonLimits)
    } catch {
      throw refusal(.header(error))
    }
    try readEntries(json.object ?? JSONObject())
    try place(dataOffset: 8 + Int(length), size: file.size)
  }

  private func refusal(_ problem: ModelFileError.Problem) -> ModelFileError {
    ModelFileError(path, problem)
  }

  private mutating func readEntries(_ header: JSONObject) throws {
    guard header.count <= Self.tensorLimit else {
      throw refusal(.stCount(header.count, limit: Self.tensorLimit))
    }
    var names: Set<String> = []
    for (name, entry) in header {
      if name == "__metadata__" {
        try readMetadata(entry)
        continue
      }
      guard (1...Self.nameLimit).contains(name.utf8.count) else {
        throw refusal(
          .stName(reason: "\(name.utf8.count) bytes, expected 1…\(Self.nameLimit)"))
      }
      // Names that differ only in how an accent is written are one name to Swift.
      guard names.insert(name).inserted else { throw refusal(.duplicateTensor(name)) }
      tensors.append(try readTensor(name, entry))
    }
  }

  private mutating func readMetadata(_ value: JSON) throws {
    guard let object = value.object else {
      throw refusal(.stMetadata(reason: "expected an object, found \(value.typeName)"))
    }
    var bytes = 0
    for (key, value) in object {
      guard let text = value.string else {
        throw refusal(
          .stMetadata(
            reason: "'\(key.escapedForMessage())': expected a string, found \(value.typeName)"))
      }
      bytes += key.utf8.count + text.utf8.count
      guard bytes <= Self.metadataLimit else {
        throw refusal(.stMetadata(reason: "more than \(Self.metadataLimit) bytes"))
      }
      metadata[key] = text
    }
  }

  private mutating func readTensor(_ name: String, _ entry: JSON) throws -> StoredTensor {
    guard let object = entry.object else {
      throw refusal(
        .tensorShape(tensor: name, reason: "expected an object, found \(entry.typeName)"))
    }
    guard let typeName = object["dtype"]?.string, let type = Self.types[typeName] else {
      throw refusal(.tensorType(tensor: name, found: object["dtype"]?.serialized() ?? "nothing"))
    }
    guard let extents = integers(object["shape"]), let elements = CheckedSize.product(extents)
    else {
      let found = object["shape"]?.serialized() ?? "nothing"
      throw refusal(
        .tensorShape(
          tensor: name,
          reason:
            "shape \(found.escapedForMessage()), expected non-negative integers whose product fits"
        ))
    }
    guard let offsets = integers(object["data_offsets"]), offsets.count == 2 else {
      let found = object["data_offsets"]?.serialized() ?? "nothing"
      throw refusal(
        .tensorShape(
          tensor: name, reason: "data_offsets \(found.escapedForMessage()), expected two integers"))
    }
    guard offsets[0] <= offsets[1] else {
      throw refusal(
        .tensorOffsets(tensor: name, begin: offsets[0], end: offsets[1], expected: offsets[1]))
    }
    guard let bytes = CheckedSize.product([elements, type.blockBytes]) else {
      throw refusal(.tensorShape(tensor: name, reason: "the size of shape \(extents) overflows"))
    }
    guard bytes == offsets[1] - offsets[0] else {
      throw refusal(
        .tensorBytes(tensor: name, expected: bytes, found: offsets[1] - offsets[0]))
    }
    for key in object.keys where !["dtype", "shape", "data_offsets"].contains(key) {
      warnings.append(
        "tensor '\(name.escapedForMessage())' has the unknown field '\(key.escapedForMessage())'")
    }
    return StoredTensor(
      name: name, shape: extents, type: type, byteCount: bytes, fileOffset: offsets[0])
  }

  private func integers(_ value: JSON?) -> [Int]? {
    guard let array = value?.array else { return nil }
    let integers = array.compactMap(\.int)
    return integers.count == array.count && integers.allSatisfy { $0 >= 0 } ? integers : nil
  }

  /// Checks that the tensors cover the file without an overlap, a hole or a rest.
  private mutating func place(dataOffset: Int, size: Int) throws {
    let order = tensors.indices.sorted {
      (tensors[$0].fileOffset, tensors[$0].byteCount, $0)
        < (tensors[$1].fileOffset, tensors[$1].byteCount, $1)
    }
    var running = 0
    for index in order {
      let begin = tensors[index].fileOffset
      // Its own bytes were checked to be `end - begin`, so this sum is `end` and fits.
      let end = begin + tensors[index].byteCount
      guard begin == running else {
        throw refusal(
          .tensorOffsets(tensor: tensors[index].name, begin: begin, end: end, expected: running))
      }
      running = end
    }
    guard running == size - dataOffset else {
      throw refusal(.coverage(expected: running, found: size - dataOffset))
    }
    tensors = order.map { index in
      var tensor = tensors[index]
      tensor.fileOffset += dataOffset
      return tensor
    }
  }
}
