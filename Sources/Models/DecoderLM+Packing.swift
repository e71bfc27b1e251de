import NN
import TensorCore

/// What the frozen weights of a model are multiplied in.
public enum Precision: String, Sendable, CaseIterable {
  /// 32-bit floating point.
  case f32
  /// Operands in bfloat16, sums in f32.
  case bf16
}

extension DecoderLM {
  /// Whether every weight of a checkpoint is there as it is: nothing is packed, and nothing wrapped.
  package var isPlain: Bool {
    Set(parameters.map(\.path)) == Set(Self.expectedTensors(configuration).map(\.name))
  }

  /// Packs every projection and the output layer in bf16 and lets go of them in f32; norms, biases and
  /// the embedding's rows stay.
  ///
  /// Adapters that are to be trained in f32 around the packed weights attach afterwards.
  ///
  /// - Precondition: Nothing is trained yet: no projection is wrapped.
  public func packFrozenWeights() {
    updateProjections { path, layer in
      guard let linear = layer as? Linear else {
        fatalError("packFrozenWeights: '\(path)' is packed or adapted already")
      }
      // What the last one let go of is not of the size that is needed now.
      StoragePool.trim()
      layer = PackedLinear(linear)
    }
    StoragePool.trim()
    packHead()
    StoragePool.trim()
  }
}
