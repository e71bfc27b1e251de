import Autodiff
import Models
import TensorCore

extension Trainer {
  /// The loss of pairs; nil where single answers are learnt.
  var preferenceLoss: PreferenceLoss? {
    guard configuration.loss.learnsFromPairs else { return nil }
    return PreferenceLoss(
      configuration.loss, beta: configuration.beta, labelSmoothing: configuration.labelSmoothing)
  }

  /// The log-probabilities of a pair's answers under the model without what is trained; nil where the loss needs
  /// none.
  ///
  /// They never change. Each pair is computed once, and alone, so that it does not matter when.
  func reference(of pair: [RowDocument]) -> PreferenceLoss.Reference? {
    guard configuration.loss == .dpo, let place = pair.first?.place, let loss = preferenceLoss,
      let switched = trained as? any SwitchableWeights
    else { return nil }
    if let known = references[place] { return known }
    switched.isEnabled = false
    defer { switched.isEnabled = true }
    let pass = PairPass([pair], loss: loss)
    let losses = model.targetLosses(
      pass.documents, entering: prefix(of: pair), in: model.context(pass.documents.segments))
    guard let scores = pass.scores(losses.value.scalars, references: [nil]).first else {
      return nil
    }
    let reference = PreferenceLoss.Reference(chosen: scores.chosen, rejected: scores.rejected)
    references[place] = reference
    return reference
  }
}
