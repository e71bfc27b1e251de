/// Where in a character of a string the text stands: between two of them, or inside the bytes of one.
///
/// Inside, it holds what is known of the character: its value so far, or its class once the rest
/// cannot change it, so that texts that go on alike are one state.
struct StringPart: Hashable, Sendable {
  enum Kind: UInt8 {
    /// Before the opening quote.
    case before
    /// Between characters.
    case between
    /// After the closing quote.
    case closed
    /// So many bytes of UTF-8 remain.
    case tail1, tail2, tail3
    /// After a backslash.
    case escape
    /// After `\u` and so many digits.
    case unit0, unit1, unit2, unit3
    /// After the first digits of the first half of a surrogate pair.
    case high2, high3
    /// After the first half, after its following backslash, and after `u` and so many digits.
    case pair, pairEscape, low0, low1, low2, low3
  }

  private static let classFlag: UInt32 = 1 << 21
  private static let freshFlag: UInt32 = 1 << 22
  private static let kindShift: UInt32 = 24

  private var bits: UInt32

  static let before = StringPart(.before)
  static let between = StringPart(.between)
  static let closed = StringPart(.closed)

  init(_ kind: Kind) { bits = UInt32(kind.rawValue) << Self.kindShift }

  /// Inside a character whose code so far is `value`, below 2²¹.
  init(_ kind: Kind, value: UInt32) { bits = StringPart(kind).bits | value }

  init(_ kind: Kind, characterClass: Int) {
    bits = StringPart(kind).bits | Self.classFlag | UInt32(truncatingIfNeeded: characterClass)
  }

  var kind: Kind { Kind(rawValue: UInt8(bits >> Self.kindShift)) ?? .before }

  /// The class of the character, if that is known.
  var characterClass: Int? {
    bits & Self.classFlag == 0 ? nil : Int(bits & (Self.classFlag - 1))
  }

  var value: UInt32 { bits & (Self.classFlag - 1) }

  /// Whether the string was opened by the token that is being looked at.
  var isFresh: Bool {
    get { bits & Self.freshFlag != 0 }
    set { bits = newValue ? bits | Self.freshFlag : bits & ~Self.freshFlag }
  }

  /// The next kind, where a byte brings the character nearer to its end.
  var following: Kind {
    switch kind {
    case .tail3: .tail2
    case .tail2: .tail1
    case .unit0: .unit1
    case .unit1: .unit2
    case .unit2: .unit3
    case .high2: .high3
    case .high3: .pair
    case .pair: .pairEscape
    case .pairEscape: .low0
    case .low0: .low1
    case .low1: .low2
    case .low2: .low3
    default: .between
    }
  }
}
