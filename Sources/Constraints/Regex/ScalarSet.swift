/// A set of Unicode scalars, as ranges in order that neither overlap nor touch.
struct ScalarSet: Hashable, Sendable {
  private(set) var ranges: [ClosedRange<UInt32>]

  static let last: UInt32 = 0x10FFFF
  static let any = ScalarSet([0...last])
  static let none = ScalarSet([])

  init(_ ranges: [ClosedRange<UInt32>]) {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let end = merged.last, range.lowerBound <= end.upperBound &+ 1 {
        merged[merged.count - 1] = end.lowerBound...max(end.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  init(_ scalar: UInt32) { self.init([scalar...scalar]) }

  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

  var complement: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= Self.last { result.append(next...Self.last) }
    return ScalarSet(result)
  }

  func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } }
}

// The sets that expressions name. Where ECMA 262 and Python's `re` differ, each has what both have,
// so that what is written satisfies either: `\W` in Python leaves out letters of all scripts.
extension ScalarSet {
  static let digits = ScalarSet([0x30...0x39])
  static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let space = ScalarSet([
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
    0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
  ])
  static let notDigits = ScalarSet([0...0x2F, 0x3A...0x65F])
  static let notWord = ScalarSet([
    0...0x2F, 0x3A...0x40, 0x5B...0x5E, 0x60...0x60, 0x7B...0x7F, 0x2010...0x203E,
  ])
  static let notSpace = space.union(
    ScalarSet([0x1C...0x1F, 0x85...0x85, 0xFEFF...0xFEFF])
  ).complement
  /// What `.` stands for.
  static let dot = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029]).complement
}
