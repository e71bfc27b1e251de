import Adapters
import Autodiff
import Datasets
import Models
import NN
import TensorCore

extension Verifier {
  /// The logits of the longest row.
  private func logits(_ model: DecoderLM) -> Tensor<Float> {
    let ids = subject.rows.shortest(.max).last?.ids ?? []
    return model.logits(ids).value
  }

  /// How much an adapter changes the logits, for a note: without a change nothing is proven.
  private func effect(_ adapted: Tensor<Float>) -> Double {
    Difference.largest(adapted, logits(subject.base()))
  }

  func adapterOff() throws -> Measurement {
    let adapted = try subject.adapted()
    let on = logits(adapted.model)
    procedures.switchOff(adapted.adapter)
    let off = logits(adapted.model)
    let effect = effect(on)
    return Measurement(
      error: Double(Difference.bits([off], [logits(subject.base())])),
      note: "switched on it changes the logits by \(effect.brief)", isEmpty: effect == 0)
  }

  func merged() throws -> Measurement {
    let adapted = try subject.adapted()
    let expected = logits(adapted.model)
    let found = logits(try procedures.merged(adapted, subject))
    let effect = effect(expected)
    return Measurement(
      error: Difference.largest(found, expected),
      note: "the update changes the logits by \(effect.brief)", isEmpty: effect == 0)
  }

  func roundTrip() throws -> Measurement {
    let adapted = try subject.adapted()
    let copy = subject.base()
    let reloaded = try procedures.reloaded(adapted.adapter, copy)
    let (before, after) = (adapted.adapter.parameters, reloaded.parameters)
    guard before.map(\.path) == after.map(\.path) else {
      return Measurement(error: .nan, note: "the tensors have other names")
    }
    let tensors = Difference.bits(
      after.map(\.parameter.value), before.map(\.parameter.value))
    let outputs = Difference.bits([logits(copy)], [logits(adapted.model)])
    return Measurement(
      error: Double(tensors + outputs), note: "\(before.count) tensors and the logits of a row")
  }
}

extension Double {
  /// Three digits, for a note.
  var brief: String { isFinite ? String(Float((self * 1000).rounded() / 1000)) : "\(self)" }
}
