package import ModelFiles
import SafeIO
import TensorCore

/// A checkpoint seen with an adapter in its weights: what the adapter changes is merged as it is read, in f32.
///
/// For forward passes that do not know the adapter's form.
package final class MergedSource: TensorSource {
  private let base: any TensorSource
  private let projections: [String: AdaptedProjection]
  private let tables: [String: AdaptedTokenRows]
  package let tensors: [StoredTensor]

  /// A checkpoint with an adapter that fits it.
  package init(_ base: any TensorSource, merging weights: AdapterWeights) {
    self.base = base
    projections = Dictionary(
      uniqueKeysWithValues: weights.projections.map { ("\($0.path).weight", $0) })
    tables = Dictionary(uniqueKeysWithValues: weights.tokenRows.map { ("\($0.path).weight", $0) })
    let changed = Set(projections.keys).union(tables.keys)
    tensors = base.tensors.map { tensor in
      guard changed.contains(tensor.name) else { return tensor }
      var merged = tensor
      merged.type = .f32
      merged.byteCount = tensor.elementCount * MemoryLayout<Float>.stride
      return merged
    }
  }

  package var path: String { base.path }
  package var errorFamily: String { base.errorFamily }

  package func tensor(named name: String) -> StoredTensor? { tensors.first { $0.name == name } }

  package func readRaw(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard projections[name] != nil || tables[name] != nil else {
      return try base.readRaw(name, rows: rows, into: destination)
    }
    let tensor = try required(name)
    let size = rows.count * tensor.bytesPerRow
    guard rows.lowerBound >= 0, rows.upperBound <= tensor.rowCount, destination.count == size else {
      throw ModelFileError(path, .rowRange(tensor: name, rows, rowCount: tensor.rowCount))
    }
    if rows.isEmpty { return }
    var values = try Tensor<Float>(shape: [rows.count, tensor.rowLength]) { pointer in
      try base.readFloats(
        name, rows: rows,
        into: UnsafeMutableBufferPointer(start: pointer, count: rows.count * tensor.rowLength))
    }
    // Rows are adapted each by itself, so that a part of them needs no more than its part of B.
    if var projection = projections[name] {
      projection.up = projection.up.rows(rows)
      projection.magnitude = projection.magnitude?.rows(rows)
      values = projection.merged(into: values)
    }
    if let table = tables[name] {
      let own = table.rows.scalars
      values.withUnsafeMutablePointer { out in
        for (index, id) in table.ids.enumerated() where rows.contains(Int(id)) {
          for column in 0..<tensor.rowLength {
            out[(Int(id) - rows.lowerBound) * tensor.rowLength + column] =
              own[index * tensor.rowLength + column]
          }
        }
      }
    }
    values.withUnsafePointer {
      destination.copyMemory(from: UnsafeRawBufferPointer(start: $0, count: size))
    }
  }
}
