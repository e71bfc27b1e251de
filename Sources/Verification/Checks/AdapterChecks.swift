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
    var worst = Worst()
    var effects: [String] = []
    for form in try subject.forms() {
      let expected = logits(form.adapted.model)
      let found = logits(try procedures.merged(form.adapted, subject))
      worst.add(Difference.largest(found, expected), form.name)
      let effect = effect(expected)
      if effect != 0 { effects.append("\(form.name) changes the logits by \(effect.brief)") }
    }
    return Measurement(
      error: worst.error, note: "\(effects.joined(separator: ", "))\(worst.note)",
      isEmpty: effects.isEmpty)
  }

  func roundTrip() throws -> Measurement {
    var error = 0.0
    var counts: [String] = []
    for form in try subject.forms() {
      let adapter = form.adapted.adapter
      let copy = subject.base()
      let reloaded = try procedures.reloaded(adapter, copy)
      let (before, after) = (adapter.parameters, reloaded.parameters)
      guard before.map(\.path) == after.map(\.path) else {
        return Measurement(error: .nan, note: "the tensors of \(form.name) have other names")
      }
      let tensors = Difference.bits(
        after.map(\.parameter.value), before.map(\.parameter.value))
      error += Double(tensors + Difference.bits([logits(copy)], [logits(form.adapted.model)]))
      counts.append("\(before.count) tensors of \(form.name)")
    }
    return Measurement(
      error: error, note: "\(counts.joined(separator: ", ")), and the logits of a row")
  }
}

/// The largest of several errors, and whose it is.
struct Worst {
  private(set) var error = 0.0
  private var name: String?

  mutating func add(_ error: Double, _ name: String) {
    // What is not a number stays.
    guard !self.error.isNaN, !(error <= self.error) else { return }
    (self.error, self.name) = (error, name)
  }

  /// The end of a note.
  var note: String { name.map { "; the worst is \($0)" } ?? "" }
}

extension Double {
  /// Three digits, for a note.
  var brief: String { isFinite ? String(Float((self * 1000).rounded() / 1000)) : "\(self)" }
}
