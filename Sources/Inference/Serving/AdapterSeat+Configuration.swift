import Adapters
import ModelFiles
import Models
import TensorCore

extension AdapterSeat {
  /// The seat that a model of this configuration offers.
  init(_ configuration: TransformerConfiguration) {
    let tensors = DecoderLM.expectedTensors(configuration).filter { $0.name.hasSuffix(".weight") }
      .map { (path: String($0.name.dropLast(".weight".count)), shape: $0.shape) }
    self.init(
      projections: tensors.filter { $0.path.hasSuffix("_proj") }.map {
        Projection(path: $0.path, inputSize: $0.shape[1], outputSize: $0.shape[0])
      },
      tables: tensors.filter { ["model.embed_tokens", "lm_head"].contains($0.path) }.map {
        ($0.path, Shape($0.shape))
      })
  }
}
