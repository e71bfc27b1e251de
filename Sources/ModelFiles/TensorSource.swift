/// Named tensors in a file or a set of files.
///
/// Reading is safe from several threads at once.
package protocol TensorSource: AnyObject, Sendable {
  /// The file or directory, for messages.
  var path: String { get }
  /// What error codes begin with: `GGUF` or `ST`.
  var errorFamily: String { get }
  var tensors: [StoredTensor] { get }
  func tensor(named name: String) -> StoredTensor?
  /// Fills `destination`, which must fit exactly, with the stored bytes of these rows.
  func readRaw(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer) throws
}

extension TensorSource {
  /// The tensor `name`, or an error that says that it is missing.
  package func required(_ name: String) throws -> StoredTensor {
    guard let tensor = tensor(named: name) else {
      throw ModelFileError(path, .missingTensors(family: errorFamily, [name]))
    }
    return tensor
  }

  package func readRaw(_ name: String) throws -> [UInt8] {
    let tensor = try required(name)
    return try [UInt8](unsafeUninitializedCapacity: tensor.byteCount) { buffer, initialized in
      try readRaw(
        name, rows: 0..<tensor.rowCount,
        into: .init(start: buffer.baseAddress, count: tensor.byteCount))
      initialized = tensor.byteCount
    }
  }

  package func readFloats(_ name: String) throws -> [Float] {
    let count = try required(name).elementCount
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try readFloats(name, into: .init(rebasing: buffer[0..<count]))
      initialized = count
    }
  }

  /// Reads a whole tensor as f32.
  package func readFloats(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws {
    try readFloats(name, rows: 0..<(try required(name).rowCount), into: destination)
  }

  /// Reads rows of a tensor as f32; `destination` must have exactly their elements.
  ///
  /// Quantised rows pass through a buffer of about a megabyte, so memory stays small.
  package func readFloats(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws {
    let tensor = try required(name)
    guard rows.lowerBound >= 0, rows.upperBound <= tensor.rowCount else {
      throw ModelFileError(path, .rowRange(tensor: name, rows, rowCount: tensor.rowCount))
    }
    guard destination.count == rows.count * tensor.rowLength else {
      throw ModelFileError(
        path,
        .destination(
          tensor: name, expected: rows.count * tensor.rowLength, found: destination.count))
    }
    guard tensor.type.isReadable else {
      throw ModelFileError(path, .unreadableType(family: errorFamily, tensor: name, tensor.type))
    }
    if tensor.type == .f32 {
      return try readRaw(name, rows: rows, into: .init(destination))
    }
    let chunkRows = max(1, Self.chunkBytes / max(1, tensor.bytesPerRow))
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(chunkRows, rows.count) * tensor.bytesPerRow, alignment: 16)
    defer { buffer.deallocate() }
    var row = rows.lowerBound
    var rest = destination[...]
    while row < rows.upperBound {
      let some = row..<min(row + chunkRows, rows.upperBound)
      let raw = UnsafeMutableRawBufferPointer(
        rebasing: buffer[0..<(some.count * tensor.bytesPerRow)])
      try readRaw(name, rows: some, into: raw)
      let part = rest.prefix(some.count * tensor.rowLength)
      Dequantize.decode(tensor.type, .init(raw), into: .init(rebasing: part))
      rest = rest.dropFirst(part.count)
      row = some.upperBound
    }
  }

  /// Reads a whole tensor as f32 and refuses it if a value is not finite.
  package func readFiniteFloats(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws {
    try readFloats(name, into: destination)
    try checkFinite(name, UnsafeBufferPointer(destination))
  }

  /// Throws if a value is not finite, with how many there are and where the first one is.
  package func checkFinite(_ name: String, _ values: UnsafeBufferPointer<Float>) throws {
    // One exponent of all ones anywhere survives this maximum; the loop is one that vectorises.
    var largest: UInt32 = 0
    for value in values { largest = max(largest, value.bitPattern & 0x7F80_0000) }
    guard largest == 0x7F80_0000 else { return }
    let count = values.count { !$0.isFinite }
    let first = values.firstIndex { !$0.isFinite } ?? 0
    throw ModelFileError(
      path, .notFinite(family: errorFamily, tensor: name, count: count, first: first))
  }

  private static var chunkBytes: Int { 1 << 20 }
}
