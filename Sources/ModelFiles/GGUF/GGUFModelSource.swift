/// A GGUF file seen as a Hugging Face checkpoint: names, and the order of rows in q and k.
///
/// Converters to GGUF store the rows of each head of q and k of the architecture `llama` so that
/// rotary embedding turns neighbours, (0, 1), (2, 3), …, where Hugging Face turns halves, (0, d/2),
/// (1, d/2 + 1), …: row `2i + s` there is row `s · d/2 + i` here. Rows are whole blocks, so they
/// are put back as bytes, without a loss.
package final class GGUFModelSource: TensorSource {
  package let file: GGUFFile
  package let tensors: [StoredTensor]
  private let places: [String: Int]
  private let storedNames: [String]
  /// Rows of one head, for tensors whose rows are put back; 0 for the others.
  private let headRows: [Int]

  package init(_ file: GGUFFile, configuration: TransformerConfiguration) throws {
    self.file = file
    var tensors: [StoredTensor] = []
    var places: [String: Int] = [:]
    var storedNames: [String] = []
    var headRows: [Int] = []
    var unknown: [String] = []
    let isPermuted = try file.metadata.string("general.architecture") == "llama"
    for stored in file.tensors where stored.name != "rope_freqs.weight" {
      guard let name = GGUFNames.huggingFace(stored.name) else {
        unknown.append(stored.name)
        continue
      }
      var tensor = stored
      tensor.name = name
      places[name] = tensors.count
      tensors.append(tensor)
      storedNames.append(stored.name)
      let isRotated = name.contains(".self_attn.q_proj.") || name.contains(".self_attn.k_proj.")
      headRows.append(isPermuted && isRotated ? configuration.headDimension : 0)
    }
    guard unknown.isEmpty else { throw ModelFileError(file.path, .ggufUnknownTensors(unknown)) }
    for (tensor, rows) in zip(tensors, headRows)
    where rows > 0 && (tensor.shape.count != 2 || tensor.rowCount % rows != 0) {
      throw ModelFileError(
        file.path,
        .ggufShape(tensor: tensor.name, reason: "shape \(tensor.shape), heads of \(rows) rows"))
    }
    self.tensors = tensors
    self.places = places
    self.storedNames = storedNames
    self.headRows = headRows
  }

  package var path: String { file.path }
  package var errorFamily: String { "GGUF" }

  package func tensor(named name: String) -> StoredTensor? { places[name].map { tensors[$0] } }

  package func readRaw(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let tensor = try required(name)
    guard let place = places[name], headRows[place] > 0, rows.lowerBound >= 0,
      rows.upperBound <= tensor.rowCount, destination.count == rows.count * tensor.bytesPerRow
    else {
      let stored = places[name].map { storedNames[$0] } ?? name
      return try file.readRaw(stored, rows: rows, into: destination)
    }
    // The heads that the rows belong to, whole.
    let head = headRows[place]
    let first = rows.lowerBound / head * head
    let last = min((rows.upperBound + head - 1) / head * head, tensor.rowCount)
    let width = tensor.bytesPerRow
    let heads = UnsafeMutableRawBufferPointer.allocate(
      byteCount: (last - first) * width, alignment: 16)
    defer { heads.deallocate() }
    try file.readRaw(storedNames[place], rows: first..<last, into: heads)
    for row in rows {
      let stored = Self.storedRow(row, headRows: head) - first
      let target = (row - rows.lowerBound) * width
      UnsafeMutableRawBufferPointer(rebasing: destination[target..<(target + width)])
        .copyMemory(from: .init(rebasing: heads[(stored * width)..<((stored + 1) * width)]))
    }
  }

  /// Where the file keeps the row that Hugging Face calls `row`.
  static func storedRow(_ row: Int, headRows: Int) -> Int {
    let (head, inHead) = row.quotientAndRemainder(dividingBy: headRows)
    let half = headRows / 2
    return head * headRows + 2 * (inHead % half) + inHead / half
  }
}
