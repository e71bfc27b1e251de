import Autodiff
import Datasets
import Foundation
import Models
import NN
import Optimizers
import TensorCore

/// Steps of full fine-tuning in f32: every weight of the model is trained.
final class FullTuning {
  private let model: DecoderLM
  private let parameters: [Parameter]
  private let optimizer: AdamW
  private let tokensPerPass: Int

  init(_ model: DecoderLM, tokensPerPass: Int) {
    self.model = model
    self.tokensPerPass = tokensPerPass
    parameters = model.parameters.map(\.parameter)
    for parameter in parameters { parameter.isTrainable = true }
    optimizer = AdamW(parameters)
  }

  /// One step.
  ///
  /// - Returns: The mean loss and the seconds that it took.
  func step(_ examples: [Example]) -> (loss: Double, seconds: Double) {
    var loss = 0.0
    let seconds = Alternation.time {
      let tokens = examples.reduce(0) { $0 + $1.supervisedCount }
      var gradients = [Tensor<Float>?](repeating: nil, count: parameters.count)
      let packs = PackedDocuments.packs(
        examples.map { ($0.ids, $0.labels) }, tokens: tokensPerPass)
      for pack in packs {
        loss += pass(PackedDocuments(pack), weight: 1 / Float(tokens), into: &gradients)
      }
      loss /= Double(tokens)
      let norm = GradientClipping.norm(gradients)
      optimizer.step(
        gradients, learningRate: 2e-4,
        gradientScale: GradientClipping.factor(norm: norm, limit: 1))
    }
    return (loss, seconds)
  }

  private func pass(
    _ documents: PackedDocuments, weight: Float, into gradients: inout [Tensor<Float>?]
  ) -> Double {
    let tape = Tape<Float>()
    let context = model.context(documents.segments, tape: tape)
    let loss = model.summedLoss(documents, in: context)
    let value = Double(loss.value.item)
    var found = tape.gradients(of: loss * weight)
    for (place, parameter) in parameters.enumerated() {
      guard let gradient = found.take(parameter) else { continue }
      if gradients[place] == nil {
        gradients[place] = gradient
      } else {
        gradients[place]?.add(gradient)
      }
    }
    return value
  }
}
