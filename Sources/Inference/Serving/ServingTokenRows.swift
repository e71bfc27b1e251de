import Adapters
import CKernels
import TensorCore

/// Rows of a token table that stand for the base's own where an adapter has them, in f32.
struct ServingTokenRows {
  private let ids: [Int32]
  /// `[ids.count, hiddenSize]`.
  private let rows: Tensor<Float>
  private let places: [Int32: Int]

  init(_ table: AdaptedTokenRows) {
    (ids, rows) = (table.ids, table.rows)
    places = Dictionary(uniqueKeysWithValues: zip(table.ids, table.ids.indices))
  }

  var bytes: Int { rows.count * MemoryLayout<Float>.stride }

  /// Writes a token's embedding; false where it is the base's.
  func write(_ token: Int32, to output: UnsafeMutablePointer<Float>) -> Bool {
    guard let place = places[token] else { return false }
    let size = rows.shape[1]
    rows.withUnsafePointer { output.update(from: $0 + place * size, count: size) }
    return true
  }

  /// Puts these tokens' logits in the place of those that the base's rows have given.
  ///
  /// - Parameters:
  ///   - hidden: The normalised last hidden state.
  ///   - logits: One row.
  ///   - table: The loops that compute them.
  func score(
    _ hidden: UnsafePointer<Float>, into logits: UnsafeMutablePointer<Float>, _ table: ck_serve
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: ids.count) { own in
      guard let own = own.baseAddress else { return }
      rows.withUnsafePointer { table.shrink(4, $0, ids.count, rows.shape[1], hidden, own) }
      for (place, id) in ids.enumerated() { logits[Int(id)] = own[place] }
    }
  }
}
