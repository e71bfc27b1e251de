internal import SafeIO

/// A bound of numbers in decimal digits, as it stands in a schema.
struct DecimalBound: Hashable, Sendable {
  var isNegative = false
  /// Digits without zeros in front, but for a zero alone.
  var whole: [UInt8] = [0]
  /// Digits after the point, without zeros at the end.
  var fraction: [UInt8] = []
  /// Whether the bound itself is out.
  var isExclusive = false

  static let zero = DecimalBound()

  /// Digits before the point and places after it; every finite `Double` has fewer.
  private static let most = (digits: 320, places: 350)

  var isZero: Bool { whole == [0] && fraction.isEmpty }

  var negated: DecimalBound {
    var result = self
    result.isNegative = !isNegative && !isZero
    return result
  }

  /// Nil for no number, and for one of more digits than are of use.
  init?(_ value: JSON, isExclusive: Bool) {
    let text: String
    switch value.kind {
    case .integer(let number): text = String(number)
    case .largeInteger(let digits): text = digits
    // Readers take integers of any size for what they are, and compare them with all digits of the bound.
    case .number(let number) where abs(number) >= 0x1p53 && number.isFinite:
      text = Self.digits(of: number)
    case .number(let number) where number.isFinite: text = String(number)
    default: return nil
    }
    self.isExclusive = isExclusive
    let mark = text.utf8.firstIndex(of: 0x65)
    let mantissa = text[..<(mark ?? text.endIndex)]
    let exponent = mark.flatMap { Int(text[text.index(after: $0)...]) } ?? 0
    let parts = mantissa.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
    isNegative = text.hasPrefix("-")
    var digits = parts.joined().utf8.map { $0 - 0x30 }
    var position = (parts.first?.utf8.count ?? 0) + exponent
    guard position <= Self.most.digits, position >= -Self.most.places else { return nil }
    if position < 0 {
      digits.insert(contentsOf: repeatElement(0, count: -position), at: 0)
      position = 0
    }
    while digits.count < position { digits.append(0) }
    whole = Array(digits[..<position].drop { $0 == 0 })
    if whole.isEmpty { whole = [0] }
    fraction = Array(digits[position...])
    while fraction.last == 0 { fraction.removeLast() }
    if isZero { isNegative = false }
  }

  private init() {}

  /// All digits of a number that has no fraction, with its sign.
  private static func digits(of number: Double) -> String {
    var digits = String(number.significandBitPattern | 1 << 52).utf8.reversed().map { $0 - 0x30 }
    for _ in 0..<max(Int(number.exponent) - 52, 0) {
      var carry: UInt8 = 0
      for place in digits.indices {
        let double = 2 * digits[place] + carry
        digits[place] = double % 10
        carry = double / 10
      }
      if carry > 0 { digits.append(carry) }
    }
    return (number < 0 ? "-" : "") + digits.reversed().map { String($0) }.joined()
  }

  /// -1, 0 or 1, by the numbers alone.
  static func compare(_ a: DecimalBound, _ b: DecimalBound) -> Int {
    guard a.isNegative == b.isNegative else { return a.isNegative ? -1 : 1 }
    let sign = a.isNegative ? -1 : 1
    if a.whole.count != b.whole.count { return a.whole.count < b.whole.count ? -sign : sign }
    let first = a.whole + a.fraction
    let second = b.whole + b.fraction
    if first == second { return 0 }
    return first.lexicographicallyPrecedes(second) ? -sign : sign
  }

  /// The narrower of two lower bounds, or with `upper` of two upper bounds.
  static func narrower(_ a: DecimalBound?, _ b: DecimalBound?, upper: Bool) -> DecimalBound? {
    guard let a else { return b }
    guard let b else { return a }
    let order = compare(a, b)
    if order == 0 { return a.isExclusive ? a : b }
    return (order < 0) == upper ? a : b
  }
}
