import Foundation

/// How Llama 3 stretches rotary embedding to contexts longer than it was first trained on.
public struct RoPEScaling: Sendable, Equatable {
  /// What long wavelengths are divided by.
  public var factor: Double
  /// Wavelengths above the original context divided by this are long.
  public var lowFrequencyFactor: Double
  /// Wavelengths below the original context divided by this are short, and kept.
  public var highFrequencyFactor: Double
  /// The context that the model was first trained on, in tokens.
  public var originalMaxPositions: Int

  package init(
    factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
    originalMaxPositions: Int
  ) {
    self.factor = factor
    self.lowFrequencyFactor = lowFrequencyFactor
    self.highFrequencyFactor = highFrequencyFactor
    self.originalMaxPositions = originalMaxPositions
  }

  /// The frequency to use in place of `frequency` (radians per position).
  ///
  /// Long wavelengths are divided by `factor`, short ones kept, those between interpolated.
  package func scaled(_ frequency: Double) -> Double {
    let wavelength = 2 * Double.pi / frequency
    let original = Double(originalMaxPositions)
    if wavelength > original / lowFrequencyFactor { return frequency / factor }
    if wavelength < original / highFrequencyFactor { return frequency }
    let smooth =
      (original / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
    return (1 - smooth) * frequency / factor + smooth * frequency
  }

  /// Finds the scaling whose divisors of the plain frequencies are these, as `rope_freqs` of GGUF
  /// files hold them; nil if they are of another kind.
  init?(divisors: [Float], theta: Double, headDimension: Int) {
    guard divisors.count == headDimension / 2, let factor = divisors.max(), factor >= 1 else {
      return nil
    }
    let candidate = RoPEScaling(
      factor: Double(factor), lowFrequencyFactor: 1, highFrequencyFactor: 4,
      originalMaxPositions: 8192)
    for (index, divisor) in divisors.enumerated() {
      let frequency = pow(theta, -Double(2 * index) / Double(headDimension))
      let expected = frequency / candidate.scaled(frequency)
      guard abs(Double(divisor) - expected) <= 1e-4 * expected else { return nil }
    }
    self = candidate
  }
}

extension TransformerConfiguration {
  /// Radians per position of each pair of a head's dimensions, scaling applied.
  package var inverseFrequencies: [Double] {
    (0..<headDimension / 2).map { index in
      let frequency = pow(ropeTheta, -Double(2 * index) / Double(headDimension))
      return ropeScaling?.scaled(frequency) ?? frequency
    }
  }
}
