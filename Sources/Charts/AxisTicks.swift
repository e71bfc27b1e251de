import Foundation

/// Round numbers along an axis.
package struct AxisTicks: Sendable, Equatable {
  package let values: [Double]
  package let labels: [String]
  /// What the axis spans.
  package let low: Double
  package let high: Double

  /// About `count` ticks from `low` to `high`; where `isLoose`, the axis goes on to round numbers.
  package init(from low: Double, to high: Double, count: Int, isLoose: Bool, whole: Bool = false) {
    // Farther out, differences and the ends of the axis would not be finite.
    func bounded(_ value: Double) -> Double { min(max(value, -1e300), 1e300) }
    var (low, high) = (bounded(min(low, high)), bounded(max(low, high)))
    if !(high - low > max(abs(high), abs(low)) * 1e-9) {
      let pad = max(abs(high) * 0.1, whole ? 1 : 1e-9)
      (low, high) = (low - pad, high + pad)
    }
    let step = Self.step((high - low) / Double(max(count, 1)), whole: whole)
    let first = isLoose ? (low / step).rounded(.down) : (low / step - 1e-9).rounded(.up)
    let last = isLoose ? (high / step).rounded(.up) : (high / step + 1e-9).rounded(.down)
    let steps = Int(min(max(last - first, 0), 100))
    values = (0...steps).map { (first + Double($0)) * step }
    (self.low, self.high) =
      isLoose ? (first * step, (first + Double(steps)) * step) : (low, high)
    labels = values.map { Self.label($0, step: step, most: max(abs(low), abs(high))) }
  }

  /// 1, 2 or 5 times a power of ten, at least `least`.
  private static func step(_ least: Double, whole: Bool) -> Double {
    let power = pow(10, log10(max(least, 1e-300)).rounded(.down))
    let factor = [1.0, 2, 5, 10].first { $0 * power >= least * (1 - 1e-9) } ?? 10
    return whole ? max(1, factor * power) : factor * power
  }

  /// A tick's value, with no more digits than its step needs.
  static func label(_ value: Double, step: Double, most: Double) -> String {
    if abs(value) < step / 1000 { return "0" }
    if most < 0.01 {
      let exponent = Int(log10(abs(value) * (1 + 1e-12)).rounded(.down))
      let mantissa = value / pow(10, Double(exponent))
      let digits = max(0, exponent - Int(log10(step * (1 + 1e-12)).rounded(.down)))
      return String(format: "%.\(min(digits, 6))fe\(exponent)", mantissa)
    }
    if most >= 1e6 { return trimmed(value / 1e6, step / 1e6) + "M" }
    if most >= 1e4 { return trimmed(value / 1e3, step / 1e3) + "k" }
    return trimmed(value, step)
  }

  private static func trimmed(_ value: Double, _ step: Double) -> String {
    let digits = max(0, -Int(log10(step * (1 + 1e-12)).rounded(.down)))
    return String(format: "%.\(min(digits, 9))f", value)
  }
}
