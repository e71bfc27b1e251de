import Foundation

/// The loss of a pair of answers as a function of their log-probabilities, as TRL computes it.
///
/// DPO (Rafailov et al. 2023, equation 7; with label smoothing ε the conservative variant of Mitchell 2023):
/// `h = β ((log π(c) - log ρ(c)) - (log π(r) - log ρ(r)))`, `L = -(1 - ε) log σ(h) - ε log σ(-h)`, where `ρ` is the
/// reference and `log π` the sum over an answer's tokens.
///
/// ORPO (Hong et al. 2024, equations 4 and 7): `L = -β log σ(log odds(c) - log odds(r))` with
/// `log odds = log p - log(1 - p)`, where `log p` is the mean over an answer's tokens. To it comes the cross-entropy of the
/// chosen text, prompt included, which the trainer adds.
package struct PreferenceLoss: Sendable {
  /// The log-probabilities of a pair's answers.
  package struct Scores: Sendable, Equatable {
    /// Sums over the answers' tokens, nats.
    package var chosen: Double
    package var rejected: Double
    /// How many tokens these have.
    package var chosenCount: Int
    package var rejectedCount: Int
    /// The same sums under the reference; nil where the loss needs none.
    package var reference: Reference?

    package init(
      chosen: Double, rejected: Double, chosenCount: Int, rejectedCount: Int,
      reference: Reference? = nil
    ) {
      (self.chosen, self.rejected) = (chosen, rejected)
      (self.chosenCount, self.rejectedCount) = (chosenCount, rejectedCount)
      self.reference = reference
    }
  }

  /// The log-probabilities of a pair's answers under the reference model, nats.
  package struct Reference: Sendable, Equatable {
    package var chosen: Double
    package var rejected: Double

    package init(chosen: Double, rejected: Double) {
      (self.chosen, self.rejected) = (chosen, rejected)
    }
  }

  /// A pair's loss and what it says of the answers.
  package struct Outcome: Sendable, Equatable {
    package var loss: Double
    /// The derivatives of the loss with respect to the summed log-probabilities.
    package var chosenSlope: Double
    package var rejectedSlope: Double
    /// DPO: β times the log-ratio to the reference; ORPO: β times the mean log-probability.
    package var chosenReward: Double
    package var rejectedReward: Double
  }

  package let kind: TrainingLoss
  package let beta: Double
  package let labelSmoothing: Double

  /// - Precondition: `kind` learns from pairs.
  package init(_ kind: TrainingLoss, beta: Double, labelSmoothing: Double = 0) {
    (self.kind, self.beta, self.labelSmoothing) = (kind, beta, labelSmoothing)
  }

  package func outcome(_ scores: Scores) -> Outcome {
    kind == .orpo ? oddsRatio(scores) : direct(scores)
  }

  private func direct(_ scores: Scores) -> Outcome {
    let reference = scores.reference ?? Reference(chosen: 0, rejected: 0)
    let chosen = beta * (scores.chosen - reference.chosen)
    let rejected = beta * (scores.rejected - reference.rejected)
    let h = chosen - rejected
    let slope =
      beta * (labelSmoothing * Self.sigmoid(h) - (1 - labelSmoothing) * Self.sigmoid(-h))
    return Outcome(
      loss: -(1 - labelSmoothing) * Self.logSigmoid(h) - labelSmoothing * Self.logSigmoid(-h),
      chosenSlope: slope, rejectedSlope: -slope, chosenReward: chosen, rejectedReward: rejected)
  }

  private func oddsRatio(_ scores: Scores) -> Outcome {
    let (chosenCount, rejectedCount) = (Double(scores.chosenCount), Double(scores.rejectedCount))
    // A certain answer would have infinite odds.
    let chosen = min(scores.chosen / chosenCount, -1e-10)
    let rejected = min(scores.rejected / rejectedCount, -1e-10)
    let (chosenRest, rejectedRest) = (-expm1(chosen), -expm1(rejected))
    let odds = (chosen - rejected) - (log(chosenRest) - log(rejectedRest))
    let slope = beta * Self.sigmoid(-odds)
    return Outcome(
      loss: -beta * Self.logSigmoid(odds), chosenSlope: -slope / chosenRest / chosenCount,
      rejectedSlope: slope / rejectedRest / rejectedCount, chosenReward: beta * chosen,
      rejectedReward: beta * rejected)
  }

  static func sigmoid(_ x: Double) -> Double {
    x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  }

  /// `log σ(x)` without overflow.
  static func logSigmoid(_ x: Double) -> Double {
    x >= 0 ? -log1p(exp(-x)) : x - log1p(exp(x))
  }
}
