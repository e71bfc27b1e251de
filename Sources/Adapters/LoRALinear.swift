package import Autodiff
package import NN
import TensorCore

/// A linear layer with a trained low-rank update around a frozen one: `y = x wᵀ + s (x aᵀ) bᵀ + bias`.
///
/// With a magnitude it is DoRA's: `y = (m / ‖w + s b a‖) ∘ (x wᵀ + s (x aᵀ) bᵀ) + bias`.
package final class LoRALinear: UnaryLayer {
  package let base: any AdaptableLayer
  /// `a`, `[rank, inputSize]`; PEFT's `lora_A`.
  package let down: Parameter
  /// `b`, `[outputSize, rank]`; PEFT's `lora_B`.
  package let up: Parameter
  /// `m`, `[outputSize]`; PEFT's `lora_magnitude_vector`, nil for LoRA.
  package let magnitude: Parameter?
  /// s: α/r, or α/√r for rsLoRA.
  package let scale: Float
  package let dropout: Double
  /// Tells this layer's dropout masks from those of others.
  package let stream: UInt64
  /// Off, the layer computes what its base computes.
  package var isEnabled = true
  /// The first factors, where they were taken out of the base's weight (PiSSA): the base as it was is
  /// `w + s b₀ a₀`.
  private let start: (down: Tensor<Float>, up: Tensor<Float>)?
  /// `‖w + s b a‖`, and the factors that it was made of.
  private var norms: (down: Int, up: Int, values: Tensor<Float>)?

  package init(
    adapting base: any AdaptableLayer, _ projection: AdaptedProjection, dropout: Double = 0,
    stream: UInt64 = 0, isTakenFromBase: Bool = false
  ) {
    let (down, up) = (projection.down, projection.up)
    require(
      down.shape.rank == 2 && up.shape.rank == 2 && down.shape[0] == up.shape[1]
        && down.shape[1] == base.inputSize && up.shape[0] == base.outputSize
        && (projection.magnitude?.count ?? base.outputSize) == base.outputSize,
      "LoRALinear: \(down.shape) and \(up.shape) around [\(base.outputSize), \(base.inputSize)]")
    self.base = base
    self.down = Parameter(down, isTrainable: true)
    self.up = Parameter(up, isTrainable: true)
    magnitude = projection.magnitude.map { Parameter($0, isTrainable: true) }
    (scale, self.dropout, self.stream) = (projection.scale, dropout, stream)
    start = isTakenFromBase ? (down, up) : nil
  }

  package var inputSize: Int { base.inputSize }
  package var outputSize: Int { base.outputSize }

  /// The trained weights by the ends of PEFT's names.
  package var factors: [NamedParameter] {
    [("lora_A.weight", down), ("lora_B.weight", up)]
      + (magnitude.map { [("lora_magnitude_vector", $0)] } ?? [])
  }

  package var parameters: [NamedParameter] { base.parameters + factors }

  package func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    guard isEnabled else {
      guard let start else { return base(input, in: context) }
      let update = LowRankUpdate(
        down: Variable(start.down), up: Variable(start.up), scale: scale)
      return base(input, adding: update, in: context)
    }
    let dropped = context.dropoutSeed.flatMap { seed in
      dropout > 0
        ? input.dropout(rate: dropout, seed: seed &+ stream &* 0x9E37_79B9_7F4A_7C15) : nil
    }
    let update = LowRankUpdate(
      down: down.variable(in: context), up: up.variable(in: context), scale: scale,
      input: dropped,
      magnitude: magnitude.map { .init(vector: $0.variable(in: context), norms: rowNorms()) })
    return base(input, adding: update, in: context)
  }

  /// The norms of the weight's rows with the update in it; made again only when a factor has changed.
  private func rowNorms() -> Tensor<Float> {
    if let norms, norms.down == down.version, norms.up == up.version { return norms.values }
    let values = base.rowNorms(adding: down.value, up.value, scale: scale)
    norms = (down.version, up.version, values)
    return values
  }

  /// The adapter's part in numbers, under the path of its projection, for the weight that is there now.
  package func projection(at path: String) -> AdaptedProjection {
    AdaptedProjection(
      path: path, down: down.value, up: up.value, scale: scale, magnitude: magnitude?.value)
  }

  /// The same for the base as it was before the adapter began.
  ///
  /// `w + s b₀ a₀ + s (b a - b₀ a₀) = w + s b a`: a PiSSA adapter becomes a plain one of twice the rank, as
  /// PEFT's `subtract_mutated_init` makes it.
  package func travelling(at path: String) -> AdaptedProjection {
    var projection = projection(at: path)
    guard let start else { return projection }
    projection.down = Tensor(
      down.value.scalars + start.down.scalars, shape: [2 * down.value.shape[0], inputSize])
    let rank = down.value.shape[0]
    let (b, first) = (up.value.scalars, start.up.scalars)
    var joined: [Float] = []
    for row in 0..<outputSize {
      let range = row * rank..<(row + 1) * rank
      joined += b[range]
      for value in first[range] { joined.append(-value) }
    }
    projection.up = Tensor(joined, shape: [outputSize, 2 * rank])
    return projection
  }
}
