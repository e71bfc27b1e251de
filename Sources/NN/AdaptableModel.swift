public import Autodiff
public import TensorCore

/// A model whose projections others may wrap: the one seam that adapters attach to.
public protocol AdaptableModel: AnyObject {
  /// Calls `body` for every projection with its path in Hugging Face's layout, such as
  /// `model.layers.0.self_attn.q_proj`; what it leaves there takes the projection's place.
  func updateProjections(
    _ body: (_ path: String, _ layer: inout any UnaryLayer) throws -> Void
  ) rethrows
}

/// A projection that a low-rank update can be added to, whatever its weight is kept in.
public protocol AdaptableLayer: UnaryLayer {
  /// The layer's product with the update in it: `y = x wᵀ + s (x aᵀ) bᵀ + bias`.
  func callAsFunction(
    _ input: Variable<Float>, adding update: LowRankUpdate, in context: ForwardContext
  ) -> Variable<Float>
}

/// A low-rank update of a projection.
///
/// Hu et al. 2021.
public struct LowRankUpdate {
  /// `a`, `[rank, inputSize]`.
  public var down: Variable<Float>
  /// `b`, `[outputSize, rank]`.
  public var up: Variable<Float>
  /// `s`, α/r.
  public var scale: Float
  /// What the update sees instead of the layer's input: the input after dropout.
  public var input: Variable<Float>?

  /// An update of these factors.
  public init(
    down: Variable<Float>, up: Variable<Float>, scale: Float, input: Variable<Float>? = nil
  ) {
    (self.down, self.up, self.scale, self.input) = (down, up, scale, input)
  }
}
