package import SafeIO

/// A GGUF file, version 2 or 3: metadata and tensors of any architecture.
///
/// Everything that the header claims is checked against the bytes that are there before anything
/// is allocated from it.
package final class GGUFFile: TensorSource {
  package let version: Int
  package let alignment: Int
  package let metadata: GGUFMetadata
  package let tensors: [StoredTensor]
  /// Where the tensors' bytes begin.
  package let dataOffset: Int
  private let places: [String: Int]
  private let file: InputFile

  package convenience init(path: String) throws {
    try self.init(file: try InputFile(path: path))
  }

  package init(file: InputFile) throws {
    var reader = GGUFHeaderReader(file)
    try reader.read()
    self.file = file
    version = reader.version
    alignment = reader.alignment
    metadata = reader.metadata
    tensors = reader.tensors
    dataOffset = reader.dataOffset
    places = reader.tensorPlaces
  }

  package var path: String { file.path }
  package var errorFamily: String { "GGUF" }

  package func tensor(named name: String) -> StoredTensor? { places[name].map { tensors[$0] } }

  package func readRaw(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    try file.readRows(of: try required(name), rows, into: destination)
  }

  /// Throws if the file changed its size since it was opened.
  package func checkUnchanged() throws { try file.checkUnchanged() }
}

extension InputFile {
  /// Reads the bytes of some rows, which must fill `destination` exactly.
  func readRows(
    of tensor: StoredTensor, _ rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard rows.lowerBound >= 0, rows.upperBound <= tensor.rowCount else {
      throw ModelFileError(
        path, .rowRange(tensor: tensor.name, rows, rowCount: tensor.rowCount))
    }
    guard destination.count == rows.count * tensor.bytesPerRow else {
      throw ModelFileError(
        path,
        .destination(
          tensor: tensor.name, expected: rows.count * tensor.bytesPerRow,
          found: destination.count))
    }
    try read(offset: tensor.fileOffset + rows.lowerBound * tensor.bytesPerRow, into: destination)
    try checkUnchanged()
  }
}
