public import Autodiff
public import TensorCore

/// A model whose projections others may wrap: the one seam that adapters attach to.
public protocol AdaptableModel: AnyObject {
  /// Calls `body` for every projection with its path in Hugging Face's layout, such as
  /// `model.layers.0.self_attn.q_proj`; what it leaves there takes the projection's place.
  func updateProjections(
    _ body: (_ path: String, _ layer: inout any UnaryLayer) throws -> Void
  ) rethrows

  /// Calls `body` for every table with a row a token, and what stands for some of its rows:
  /// `model.embed_tokens`, and `lm_head` where that is a table of its own.
  func updateTokenTables(
    _ body: (_ table: TokenTable, _ replaced: inout TokenRows?) throws -> Void
  ) rethrows
}

extension AdaptableModel {
  /// No table can have rows replaced.
  public func updateTokenTables(
    _ body: (_ table: TokenTable, _ replaced: inout TokenRows?) throws -> Void
  ) rethrows {}
}

/// A projection that a low-rank update can be added to, whatever its weight is kept in.
public protocol AdaptableLayer: UnaryLayer {
  /// The layer's product with the update in it: `y = x wᵀ + s (x aᵀ) bᵀ + bias`.
  func callAsFunction(
    _ input: Variable<Float>, adding update: LowRankUpdate, in context: ForwardContext
  ) -> Variable<Float>

  /// The norm of each row of `w + s b a`, `[outputSize]`.
  func rowNorms(adding down: Tensor<Float>, _ up: Tensor<Float>, scale: Float) -> Tensor<Float>
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
  /// What the norms of the weight's rows are brought to; nil leaves them.
  public var magnitude: Magnitude?

  /// DoRA's magnitude of a weight, apart from its direction.
  ///
  /// Liu et al. 2024.
  public struct Magnitude {
    /// `m`, `[outputSize]`.
    public var vector: Variable<Float>
    /// `‖w + s b a‖` by rows, `[outputSize]`.
    public var norms: Tensor<Float>

    /// A magnitude, and the norms that it replaces.
    public init(vector: Variable<Float>, norms: Tensor<Float>) {
      (self.vector, self.norms) = (vector, norms)
    }
  }

  /// An update of these factors.
  public init(
    down: Variable<Float>, up: Variable<Float>, scale: Float, input: Variable<Float>? = nil,
    magnitude: Magnitude? = nil
  ) {
    (self.down, self.up, self.scale, self.input) = (down, up, scale, input)
    self.magnitude = magnitude
  }
}
