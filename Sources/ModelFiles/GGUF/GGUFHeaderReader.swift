import SafeIO

/// Reads what stands before the tensors' bytes of a GGUF file.
struct GGUFHeaderReader {
  private(set) var version = 0
  private(set) var alignment = 32
  private(set) var metadata: GGUFMetadata
  private(set) var tensors: [StoredTensor] = []
  private(set) var tensorPlaces: [String: Int] = [:]
  private(set) var dataOffset = 0
  private var cursor: GGUFCursor

  private static let keyLimit = 65_536
  private static let tensorLimit = 262_144
  /// Length, one byte of text, type and one byte of value.
  private static let smallestKey = 14
  /// Length, dimension count, type and offset.
  private static let smallestTensor = 24

  init(_ file: InputFile) {
    cursor = GGUFCursor(file)
    metadata = GGUFMetadata(path: file.path)
  }

  private func refusal(_ problem: ModelFileError.Problem) -> ModelFileError {
    ModelFileError(cursor.file.path, problem)
  }

  mutating func read() throws {
    try readVersion()
    let tensorCount = try count(
      of: "tensors", smallest: Self.smallestTensor, cap: Self.tensorLimit)
    let keyCount = try count(of: "metadata keys", smallest: Self.smallestKey, cap: Self.keyLimit)
    try readMetadata(keyCount)
    try readAlignment()
    try readTensors(tensorCount)
  }

  private mutating func readVersion() throws {
    let magic = try cursor.bytes(count: min(4, cursor.remaining))
    guard magic == Array("GGUF".utf8) else { throw refusal(.ggufMagic(found: magic)) }
    let found = try cursor.integer(UInt32.self)
    if (2...3).contains(found.byteSwapped) { throw refusal(.ggufBigEndian) }
    guard (2...3).contains(found) else { throw refusal(.ggufVersion(found)) }
    version = Int(found)
  }

  private mutating func count(of what: String, smallest: Int, cap: Int) throws -> Int {
    let declared = try cursor.integer(UInt64.self)
    let limit = min(cap, cursor.remaining / smallest)
    guard declared <= UInt64(limit) else {
      throw refusal(.ggufCount(of: what, declared: declared, limit: limit))
    }
    return Int(declared)
  }

  private mutating func readMetadata(_ count: Int) throws {
    var offsets: [String: Int] = [:]
    offsets.reserveCapacity(count)
    for _ in 0..<count {
      let offset = cursor.offset
      let key = try readKey()
      if let first = offsets.updateValue(offset, forKey: key) {
        throw refusal(.ggufDuplicate(what: "key", name: key, first: first, second: offset))
      }
      let value = try readValue(of: key, type: try readType(of: key))
      _ = metadata.insert(key, value)
    }
  }

  private mutating func readKey() throws -> String {
    let offset = cursor.offset
    let key: String
    do {
      key = try cursor.string()
    } catch let error as ModelFileError {
      guard case .ggufString(_, let reason) = error.problem else { throw error }
      throw refusal(
        reason == "not UTF-8"
          ? .ggufKey(offset: offset, reason: reason)
          : .ggufString(offset: offset, reason: reason))
    }
    let length = key.utf8.count
    guard length > 0 else { throw refusal(.ggufKey(offset: offset, reason: "empty")) }
    guard length <= 65_535 else {
      throw refusal(.ggufKey(offset: offset, reason: "\(length) bytes, at most 65535 are read"))
    }
    guard !key.utf8.contains(0) else {
      throw refusal(.ggufKey(offset: offset, reason: "contains NUL"))
    }
    return key
  }

  private mutating func readType(of key: String) throws -> GGUFValueType {
    let id = try cursor.integer(UInt32.self)
    guard let type = GGUFValueType(rawValue: id) else {
      throw refusal(.metadataType(key: key, expected: "a type of 0…12", found: "type \(id)"))
    }
    return type
  }

  private mutating func readValue(of key: String, type: GGUFValueType) throws -> GGUFValue {
    switch type {
    case .string: return .string(try cursor.string())
    case .array: return try readArray(of: key)
    default:
      var bits: UInt64 = 0
      for (place, byte) in try cursor.bytes(count: type.byteCount ?? 0).enumerated() {
        bits |= UInt64(byte) << UInt64(8 * place)
      }
      guard let value = GGUFValue(bits: bits, type: type) else {
        throw refusal(.metadataType(key: key, expected: "bool of 0 or 1", found: "\(bits)"))
      }
      return value
    }
  }

  private mutating func readArray(of key: String) throws -> GGUFValue {
    let type = try readType(of: key)
    guard type != .array else { throw refusal(.ggufNesting(key: key)) }
    let declared = try cursor.integer(UInt64.self)
    // A string takes at least the eight bytes of its length.
    let width = type.byteCount ?? 8
    guard declared <= UInt64(cursor.remaining / width) else {
      throw refusal(.ggufArray(key: key, count: declared, available: cursor.remaining))
    }
    let count = Int(declared)
    guard type == .string else {
      let bytes = try cursor.bytes(count: count * width)
      guard type != .bool || bytes.allSatisfy({ $0 <= 1 }) else {
        throw refusal(.metadataType(key: key, expected: "bools of 0 or 1", found: "other bytes"))
      }
      return .numbers(type, bytes: bytes)
    }
    var strings: [String] = []
    strings.reserveCapacity(count)
    for _ in 0..<count { strings.append(try cursor.string()) }
    return .strings(strings)
  }

  private mutating func readAlignment() throws {
    guard let value = metadata["general.alignment"] else { return }
    guard case .unsigned(let found, .u32) = value, (8...65_536).contains(found),
      found & (found - 1) == 0
    else {
      let shown = value.integer.map(String.init) ?? ""
      throw refusal(.ggufAlignment(found: "\(shown) (\(value.typeName))"))
    }
    alignment = Int(found)
  }

  private mutating func readTensors(_ count: Int) throws {
    var entries: [GGUFTensorEntry] = []
    entries.reserveCapacity(count)
    tensorPlaces.reserveCapacity(count)
    for place in 0..<count {
      let entry = try GGUFTensorEntry(reading: &cursor)
      if let first = tensorPlaces.updateValue(place, forKey: entry.name) {
        throw refusal(
          .ggufDuplicate(
            what: "tensor", name: entry.name, first: entries[first].headerOffset,
            second: entry.headerOffset))
      }
      entries.append(entry)
    }
    guard let start = CheckedSize.padded(cursor.offset, to: alignment) else {
      throw refusal(.ggufSize(tensor: "", stage: "header"))
    }
    dataOffset = start
    try place(entries)
  }

  /// Checks that the tensors lie one after another, padded, and fill the file.
  private mutating func place(_ entries: [GGUFTensorEntry]) throws {
    var running = 0
    var end = 0
    for entry in entries {
      guard entry.offset == UInt64(running) else {
        throw refusal(.ggufOffset(tensor: entry.name, found: entry.offset, expected: running))
      }
      guard let padded = CheckedSize.padded(entry.byteCount, to: alignment) else {
        throw refusal(.ggufSize(tensor: entry.name, stage: "padded bytes"))
      }
      guard let next = CheckedSize.sum(running, padded),
        CheckedSize.sum(next, dataOffset) != nil
      else { throw refusal(.ggufSize(tensor: entry.name, stage: "bytes of all tensors")) }
      tensors.append(
        StoredTensor(
          name: entry.name, shape: entry.shape, type: entry.type, byteCount: entry.byteCount,
          fileOffset: dataOffset + running))
      end = running + entry.byteCount
      running = next
    }
    let size = cursor.file.size
    if !entries.isEmpty && size < dataOffset + end {
      throw refusal(.ggufTruncated(expected: dataOffset + end, found: size))
    }
    // The padding after the last tensor may be missing; nothing may follow it.
    if size > dataOffset + running {
      throw refusal(.ggufTrailing(expected: dataOffset + running, found: size))
    }
  }
}
