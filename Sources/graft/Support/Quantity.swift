import Foundation

/// Numbers with their units, as people read them.
///
/// What is not a number is shown as `–`.
package enum Quantity {
  private static let unknown = "–"

  /// `1,234,567`.
  package static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var grouped = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
      grouped.append(digit)
    }
    return value < 0 ? "-" + grouped : grouped
  }

  /// `512 B`, `1.5 KiB`, `3.2 GiB`.
  package static func bytes(_ value: Int) -> String {
    guard value.magnitude >= 1024 else { return "\(value) B" }
    var scaled = Double(value)
    var unit = 0
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    // 1023.95 would be rounded to "1024.0".
    while abs(scaled) >= 1023.95, unit < units.count - 1 {
      scaled /= 1024
      unit += 1
    }
    return "\(fixed(scaled, digits: 1)) \(units[unit])"
  }

  /// `0.85 s`, `12.3 s`, `3 min 05 s`, `2 h 04 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return unknown }
    if seconds < 9.995 { return fixed(seconds, digits: 2) + " s" }
    if seconds < 59.95 { return fixed(seconds, digits: 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
    return "\(count(whole / 3600)) h \(twoDigits(whole % 3600 / 60)) min"
  }

  /// `131 tokens/s`; below 10 with one decimal.
  package static func rate(_ perSecond: Double, of unit: String) -> String {
    let isKnown = perSecond.isFinite && perSecond >= 0 && perSecond < 1e15
    let number =
      !isKnown
      ? unknown : perSecond < 9.95 ? fixed(perSecond, digits: 1) : count(Int(perSecond.rounded()))
    return "\(number) \(unit)/s"
  }

  /// `value` with exactly `digits` decimals and a point, whatever the locale.
  package static func fixed(_ value: Double, digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : unknown
  }

  private static func twoDigits(_ value: Int) -> String {
    value < 10 ? "0\(value)" : "\(value)"
  }
}
