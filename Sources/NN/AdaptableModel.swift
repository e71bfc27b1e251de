/// A model whose projections others may wrap: the one seam that adapters attach to.
public protocol AdaptableModel: AnyObject {
  /// Calls `body` for every projection with its path in Hugging Face's layout, such as
  /// `model.layers.0.self_attn.q_proj`; what it leaves there takes the projection's place.
  func updateProjections(
    _ body: (_ path: String, _ layer: inout any UnaryLayer) throws -> Void
  ) rethrows
}
