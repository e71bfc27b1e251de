package import SafeIO

/// Writes safetensors files: tensors in the order given, the same bytes for the same tensors.
package enum SafetensorsWriter {
  package enum Values: Sendable {
    case f32([Float])
    /// Rounded to the nearest, ties to even.
    case bf16([Float])
    case f16([Float])
    case raw(StoredType, [UInt8])

    var type: StoredType {
      switch self {
      case .f32: .f32
      case .bf16: .bf16
      case .f16: .f16
      case .raw(let type, _): type
      }
    }
  }

  /// What the header says about a tensor whose bytes come later.
  package struct Entry: Sendable {
    package var name: String
    package var shape: [Int]
    package var type: StoredType

    package init(name: String, shape: [Int], type: StoredType) {
      self.name = name
      self.shape = shape
      self.type = type
    }

    var byteCount: Int { shape.reduce(1, *) * type.blockBytes }
  }

  /// Writes tensors that are all in memory.
  package static func write(
    _ tensors: [(name: String, shape: [Int], values: Values)], metadata: [String: String] = [:],
    to path: String
  ) throws {
    let entries = tensors.map { Entry(name: $0.name, shape: $0.shape, type: $0.values.type) }
    try write(entries, metadata: metadata, to: path) { index, sink in
      switch tensors[index].values {
      case .f32(let values): try values.withUnsafeBytes { try sink.write($0) }
      case .bf16(let values):
        try values.map(HalfPrecision.bfloat16).withUnsafeBytes { try sink.write($0) }
      case .f16(let values):
        try values.map(HalfPrecision.half).withUnsafeBytes { try sink.write($0) }
      case .raw(_, let bytes): try sink.write(bytes)
      }
    }
  }

  /// Writes tensors one after another, so that no more than one has to be in memory.
  ///
  /// - Precondition: Names differ, and `body` writes exactly the bytes of the entry's shape.
  package static func write(
    _ entries: [Entry], metadata: [String: String] = [:], to path: String,
    body: (_ index: Int, _ sink: inout FileSink) throws -> Void
  ) throws {
    let header = header(of: entries, metadata: metadata)
    try AtomicFile.write(to: path) { sink in
      try sink.write(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) })
      try sink.write(header)
      for (index, entry) in entries.enumerated() {
        let before = sink.byteCount
        try body(index, &sink)
        guard sink.byteCount - before == entry.byteCount else {
          fatalError(
            "SafetensorsWriter.write: '\(entry.name)' of shape \(entry.shape) needs "
              + "\(entry.byteCount) bytes, \(sink.byteCount - before) were written")
        }
      }
    }
  }

  private static func header(of entries: [Entry], metadata: [String: String]) -> [UInt8] {
    var header = JSONObject()
    if !metadata.isEmpty {
      var pairs = JSONObject()
      for key in metadata.keys.sorted() { pairs[key] = metadata[key].map { JSON($0) } }
      header["__metadata__"] = JSON(pairs)
    }
    var offset = 0
    for entry in entries {
      let end = offset + entry.byteCount
      header[entry.name] = [
        "dtype": JSON(entry.type.rawValue), "shape": JSON(entry.shape),
        "data_offsets": JSON([offset, end]),
      ]
      offset = end
    }
    var bytes = Array(JSON(header).serialized().utf8)
    while bytes.count % 8 != 0 { bytes.append(0x20) }
    return bytes
  }
}
