package import SafeIO

/// One safetensors file.
package final class SafetensorsFile: TensorSource {
  /// In the order of their bytes.
  package let tensors: [StoredTensor]
  package let metadata: [String: String]
  /// What was accepted although it means nothing, a line each.
  package let warnings: [String]
  private let places: [String: Int]
  private let file: InputFile

  package convenience init(path: String) throws {
    try self.init(file: try InputFile(path: path))
  }

  package init(file: InputFile) throws {
    let header = try SafetensorsHeader(reading: file)
    self.file = file
    tensors = header.tensors
    metadata = header.metadata
    warnings = header.warnings
    places = Dictionary(
      uniqueKeysWithValues: header.tensors.enumerated().map { ($1.name, $0) })
  }

  package var path: String { file.path }
  package var errorFamily: String { "ST" }

  package func tensor(named name: String) -> StoredTensor? { places[name].map { tensors[$0] } }

  package func readRaw(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    try file.readRows(of: try required(name), rows, into: destination)
  }
}
