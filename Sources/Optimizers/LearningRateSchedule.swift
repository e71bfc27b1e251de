import Foundation

/// The learning rate as a function of the optimizer step.
///
/// Steps count from 0; a schedule is what `transformers`' `get_scheduler` gives for the same name: a
/// linear warm-up from 0, then the shape, ending at 0 after `totalSteps`.
public struct LearningRateSchedule: Sendable, Equatable {
  /// The shape after the warm-up.
  public enum Kind: String, Sendable, CaseIterable {
    /// The peak until the end.
    case constant
    /// A straight line to 0.
    case linear
    /// Half a cosine to 0 (Loshchilov and Hutter 2017).
    case cosine
    /// Warm-up, stable, decay (Hu et al. 2024): the peak, and over the last fifth of all steps 1 - √progress.
    case wsd
  }

  /// The shape after the warm-up.
  public let kind: Kind
  /// The largest rate.
  public let peak: Double
  /// Steps over which the rate rises from 0.
  public let warmupSteps: Int
  /// The step at which all but constant reach 0.
  public let totalSteps: Int

  /// A schedule.
  public init(kind: Kind, peak: Double, warmupSteps: Int, totalSteps: Int) {
    (self.kind, self.peak) = (kind, peak)
    (self.warmupSteps, self.totalSteps) = (warmupSteps, totalSteps)
  }

  /// The rate that step `step` (0 for the first) uses.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step) / Double(max(1, warmupSteps)) }
    let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
    switch kind {
    case .constant: return peak
    case .linear: return peak * max(0, 1 - progress)
    case .cosine: return peak * max(0, 0.5 * (1 + cos(Double.pi * min(progress, 1))))
    case .wsd:
      let length = max(1, Double(totalSteps) / 5)
      let decay = (Double(step) - (Double(totalSteps) - length)) / length
      return decay <= 0 ? peak : peak * max(0, 1 - min(decay, 1).squareRoot())
    }
  }
}
