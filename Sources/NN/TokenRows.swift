package import Autodiff
public import TensorCore

/// A table with a row a token.
public struct TokenTable {
  /// Its place in Hugging Face's layout, such as `model.embed_tokens`.
  public var path: String
  /// The vocabulary's size and the model's.
  public var shape: Shape
  /// Its rows of these tokens in f32; nil where they are kept in another form.
  public var rows: ([Int32]) -> Tensor<Float>?
  /// Writes rows into the table; false where it is kept in another form.
  public var write: ([Int32], Tensor<Float>) -> Bool

  /// A table.
  public init(
    path: String, shape: Shape, rows: @escaping ([Int32]) -> Tensor<Float>?,
    write: @escaping ([Int32], Tensor<Float>) -> Bool
  ) {
    (self.path, self.shape, self.rows, self.write) = (path, shape, rows, write)
  }

  /// The table that is a parameter; without one, its rows are out of reach.
  package init(path: String, shape: Shape, _ parameter: Parameter?) {
    self.init(path: path, shape: shape) { ids in
      parameter?.value.gatheringRows(ids)
    } write: { ids, rows in
      guard let parameter else { return false }
      parameter.value = parameter.value.replacingRows(ids, with: rows)
      return true
    }
  }
}

/// Rows that stand for those of some tokens in a table, which itself stays as it is.
///
/// PEFT's `trainable_token_indices`.
public final class TokenRows {
  /// The tokens, each once.
  public let ids: [Int32]
  /// Their rows, `[ids.count, hidden]`.
  public let rows: Parameter
  /// Off, the table's own rows count.
  public var isEnabled = true
  private let places: [Int32: Int32]

  /// Rows for these tokens.
  ///
  /// - Precondition: `rows` is `[ids.count, hidden]`; no id is there twice.
  public init(ids: [Int32], rows: Tensor<Float>) {
    require(
      rows.shape.rank == 2 && rows.shape[0] == ids.count && Set(ids).count == ids.count,
      "TokenRows: \(rows.shape) for \(ids.count) tokens")
    self.ids = ids
    self.rows = Parameter(rows, isTrainable: true)
    places = Dictionary(uniqueKeysWithValues: zip(ids, ids.indices.map { Int32($0) }))
  }

  /// The looked-up rows of `tokens`, those of these tokens replaced.
  func replacing(_ found: Variable<Float>, of tokens: [Int32], in context: ForwardContext)
    -> Variable<Float>
  {
    let hits = tokens.enumerated().compactMap { place, id in
      places[id].map { (place: Int32(place), row: $0) }
    }
    if hits.isEmpty { return found }
    return found.replacingRows(
      hits.map(\.place), with: rows.variable(in: context).gatheringRows(hits.map(\.row)))
  }

  /// The tokens as classes of the output layer.
  package func classes(in context: ForwardContext) -> ReplacedClasses<Float> {
    ReplacedClasses(classes: ids, rows: rows.variable(in: context))
  }
}
