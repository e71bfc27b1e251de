import Foundation
import Inference
import ModelFiles
import SafeIO
import TensorCore

/// Adapters of random weights on all projections, to be served.
enum RandomAdapter {
  /// Writes a PEFT directory.
  static func write(
    to path: String, rank: Int, seed: Int, configuration c: TransformerConfiguration
  ) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var random = RandomGenerator(seed: UInt64(seed), stream: 5)
    var tensors: [(String, [Int], SafetensorsWriter.Values)] = []
    for layer in 0..<c.layerCount {
      for projection in Projection.allCases {
        let name = "base_model.model.model.layers.\(layer).\(projection.path)"
        let (outputs, inputs) = projection.shape(c)
        let factors = [("lora_A", [rank, inputs]), ("lora_B", [outputs, rank])]
        for (factor, shape) in factors {
          let values = (0..<shape[0] * shape[1]).map { _ in Float(random.nextUniform() - 0.5) * 0.02
          }
          tensors.append(("\(name).\(factor).weight", shape, .f32(values)))
        }
      }
    }
    try SafetensorsWriter.write(
      tensors, metadata: ["format": "pt"], to: "\(path)/adapter_model.safetensors")
    let targets = Projection.allCases.map { String($0.path.split(separator: ".").last ?? "") }
    let description: JSON = [
      "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": JSON(rank), "lora_alpha": JSON(rank),
      "target_modules": JSON(targets.map { JSON($0) }), "bias": "none", "lora_dropout": 0,
    ]
    try AtomicFile.write(
      Array(description.serialized().utf8), to: "\(path)/adapter_config.json")
  }
}
