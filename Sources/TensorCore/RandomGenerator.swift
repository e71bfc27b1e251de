import Foundation

/// A seeded random number generator: SplitMix64 (Steele, Lea and Flood 2014).
///
/// The stream is a function of the seed and of how many numbers were drawn, so that its whole state is
/// two integers.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Equatable {
  private var state: UInt64

  /// The generator of `seed`; `stream` separates uses of one seed.
  public init(seed: UInt64, stream: UInt64 = 0) {
    state = Self.mix(seed &+ Self.mix(stream &+ 0x632B_E59B_D9B4_E019))
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in `0..<1`, of 53 random bits.
  public mutating func nextUniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// An index in `0..<bound`, by multiplication (Lemire 2019, without rejection: the bias is below
  /// `bound` · 2⁻⁶⁴).
  public mutating func nextIndex(below bound: Int) -> Int {
    require(bound > 0, "nextIndex: bound \(bound)")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}

extension RandomGenerator {
  /// A standard normal number (Box and Muller 1958); draws two uniforms each time.
  public mutating func nextNormal() -> Double {
    let radius = (-2 * log(1 - nextUniform())).squareRoot()
    return radius * cos(2 * Double.pi * nextUniform())
  }
}
