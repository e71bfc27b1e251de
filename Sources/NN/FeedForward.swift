package import Autodiff
import TensorCore

/// Llama's gated feed-forward: `down(silu(gate(x)) · up(x))`.
package final class FeedForward {
  package var gateProjection: any UnaryLayer
  package var upProjection: any UnaryLayer
  package var downProjection: any UnaryLayer

  package init(gate: any UnaryLayer, up: any UnaryLayer, down: any UnaryLayer) {
    (gateProjection, upProjection, downProjection) = (gate, up, down)
  }

  package func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    let gate = gateProjection(input, in: context)
    let up = upProjection(input, in: context)
    return downProjection(.swiGLU(gate: gate, up: up), in: context)
  }
}
