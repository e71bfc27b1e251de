package import Autodiff
package import NN
package import TensorCore

/// A linear layer with a trained low-rank update around a frozen one: `y = x wᵀ + s (x aᵀ) bᵀ + bias`.
package final class LoRALinear: UnaryLayer {
  package let base: any AdaptableLayer
  /// `a`, `[rank, inputSize]`; PEFT's `lora_A`.
  package let down: Parameter
  /// `b`, `[outputSize, rank]`; PEFT's `lora_B`.
  package let up: Parameter
  /// s: α/r, or α/√r for rsLoRA.
  package let scale: Float
  package let dropout: Double
  /// Tells this layer's dropout masks from those of others.
  package let stream: UInt64
  /// Off, the layer computes what its base computes.
  package var isEnabled = true

  package init(
    adapting base: any AdaptableLayer, down: Tensor<Float>, up: Tensor<Float>, scale: Float,
    dropout: Double = 0, stream: UInt64 = 0
  ) {
    require(
      down.shape.rank == 2 && up.shape.rank == 2 && down.shape[0] == up.shape[1]
        && down.shape[1] == base.inputSize && up.shape[0] == base.outputSize,
      "LoRALinear: \(down.shape) and \(up.shape) around [\(base.outputSize), \(base.inputSize)]")
    self.base = base
    self.down = Parameter(down, isTrainable: true)
    self.up = Parameter(up, isTrainable: true)
    (self.scale, self.dropout, self.stream) = (scale, dropout, stream)
  }

  package var inputSize: Int { base.inputSize }
  package var outputSize: Int { base.outputSize }

  package var parameters: [NamedParameter] {
    base.parameters + [("lora_A.weight", down), ("lora_B.weight", up)]
  }

  package func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    guard isEnabled else { return base(input, in: context) }
    let dropped = context.dropoutSeed.flatMap { seed in
      dropout > 0
        ? input.dropout(rate: dropout, seed: seed &+ stream &* 0x9E37_79B9_7F4A_7C15) : nil
    }
    let update = LowRankUpdate(
      down: down.variable(in: context), up: up.variable(in: context), scale: scale, input: dropped)
    return base(input, adding: update, in: context)
  }
}
