import CKernels
import ModelFiles

/// A weight `[outputs, inputs]` in tiles of 16 interleaved rows, its numbers as the file keeps them.
struct TiledMatrix {
  let name: String
  let outputs: Int
  let inputs: Int
  let kind: ck_weight
  /// What the file has; blocks are made from f32 where that has none, or such as no tile keeps, and `kind` does.
  let stored: StoredType
  /// In the arena of the model.
  var offset = 0

  init(_ tensor: StoredTensor, quantises: Bool) {
    name = tensor.name
    stored = tensor.type
    (outputs, inputs) = (tensor.rowCount, tensor.rowLength)
    let own = tensor.type.isBlocked ? tensor.type.tileKind : nil
    kind = quantises ? own ?? CK_WEIGHT_Q8_0 : tensor.type.tileKind ?? CK_WEIGHT_F32
  }

  var tileBytes: Int { ck_tile_bytes(kind, inputs) }
  var tileCount: Int { (outputs + 15) / 16 }
  var bytes: Int { tileBytes * tileCount }
  /// Whether rows are multiplied in integers where that is wanted.
  var isBlocked: Bool { kind.rawValue > CK_WEIGHT_BF16.rawValue }

  /// One row in f32.
  func unpackRow(_ row: Int, _ arena: WeightArena, into output: UnsafeMutablePointer<Float>) {
    ck_tile_unpack_row(
      kind, arena.start + offset + row / 16 * tileBytes, row % 16, inputs, output)
  }

  /// Reads rows `16 · tiles` and packs them.
  ///
  /// - Throws: `ModelFileError` where a number is not finite.
  func pack(_ tiles: Range<Int>, from source: any TensorSource, to arena: UnsafeMutableRawPointer)
    throws
  {
    let rows = tiles.lowerBound * 16..<min(tiles.upperBound * 16, outputs)
    let tensor = try source.required(name)
    let isDirect = stored.tileKind == kind
    let raw = UnsafeMutableRawBufferPointer.allocate(
      byteCount: rows.count * (isDirect ? tensor.bytesPerRow : 4 * inputs), alignment: 64)
    defer { raw.deallocate() }
    if isDirect {
      try source.readRaw(name, rows: rows, into: raw)
      if !isBlocked { try checkFinite(raw, source) }
    } else {
      let floats = raw.bindMemory(to: Float.self)
      try source.readFloats(name, rows: rows, into: floats)
      try source.checkFinite(name, UnsafeBufferPointer(floats))
    }
    guard let start = raw.baseAddress else { return }
    let rowBytes = raw.count / rows.count
    for tile in tiles {
      let from = start + (tile * 16 - rows.lowerBound) * rowBytes
      let count = min(16, outputs - tile * 16)
      let to = arena + offset + tile * tileBytes
      if kind == CK_WEIGHT_Q8_0 && !isDirect {
        ck_tile_quantise(from.assumingMemoryBound(to: Float.self), inputs, count, inputs, to)
      } else if ck_tile_pack(kind, from, rowBytes, count, inputs, to) == 0 {
        // Says how many there are, and where.
        let all = try source.readFloats(name)
        try all.withUnsafeBufferPointer { try source.checkFinite(name, $0) }
        throw ModelFileError(
          source.path, .notFinite(family: source.errorFamily, tensor: name, count: 1, first: 0))
      }
    }
  }

  private func checkFinite(_ raw: UnsafeMutableRawBufferPointer, _ source: any TensorSource) throws
  {
    let count = raw.count / stored.blockBytes
    let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
    defer { floats.deallocate() }
    Dequantize.decode(stored, UnsafeRawBufferPointer(raw), into: floats)
    try source.checkFinite(name, UnsafeBufferPointer(floats))
  }
}
