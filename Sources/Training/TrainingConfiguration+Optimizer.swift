import NN
import Optimizers
import TensorCore

extension TrainingConfiguration {
  /// A new optimizer of these parameters.
  ///
  /// Muon takes the matrices inside blocks. Rows of the embedding and of the output layer are words, not
  /// directions, and stay with AdamW (Jordan et al. 2024).
  func optimizer(for named: [NamedParameter]) -> any Optimizer {
    let isMatrix = named.map { $0.parameter.value.shape.rank == 2 }
    let decays = isMatrix.map { $0 || !decaysMatricesOnly }
    switch optimizer {
    case .adamw: return adamW(named, decays: decays)
    case .muon:
      let isInside = zip(named, isMatrix).map { entry, isMatrix in
        isMatrix && !entry.path.contains("embed_tokens") && !entry.path.contains("lm_head")
      }
      func chosen<Element>(_ elements: [Element], _ wanted: Bool) -> [Element] {
        zip(elements, isInside).filter { $0.1 == wanted }.map(\.0)
      }
      return SplitOptimizer(
        first: Muon(chosen(named, true).map(\.parameter), weightDecay: Float(weightDecay)),
        second: adamW(chosen(named, false), decays: chosen(decays, false)), isFirst: isInside)
    }
  }

  private func adamW(_ named: [NamedParameter], decays: [Bool]) -> AdamW {
    AdamW(
      named.map(\.parameter),
      AdamW.Configuration(beta2: Float(beta2), weightDecay: Float(weightDecay)), decays: decays,
      rateFactors: loraPlusRatio.map { ratio in named.map { isFast($0) ? ratio : 1 } })
  }

  /// Whether LoRA+ gives a weight its larger rate: B, and what has one dimension, as in PEFT's
  /// `create_loraplus_optimizer`.
  private func isFast(_ named: NamedParameter) -> Bool {
    named.path.contains("lora_B") || named.parameter.value.shape.rank == 1
  }
}
