/// Reads the regular expressions of JSON Schema: ECMA 262 in its Unicode form.
///
/// What is no regular language (references to groups, looking around) is refused by name. Where Python's spelling says
/// nothing in ECMA, it is understood: `(?P<name>…)`, `\A`, `\Z`, `{,n}`; where the two disagree, it is refused.
struct RegexParser {
  private let pattern: String
  private let scalars: [UInt32]
  private let depthLimit: Int
  private var index = 0

  init(_ pattern: String, depthLimit: Int) {
    self.pattern = pattern
    scalars = pattern.unicodeScalars.map(\.value)
    self.depthLimit = depthLimit
  }

  static func parse(_ pattern: String, depthLimit: Int) throws(ConstraintError) -> RegexNode {
    var parser = RegexParser(pattern, depthLimit: depthLimit)
    let node = try parser.choice(depth: 0)
    if parser.index < parser.scalars.count { throw parser.problem("')' without '('") }
    return node
  }

  private func problem(_ text: String) -> ConstraintError {
    .regex(pattern: pattern, offset: index, problem: text)
  }

  private var current: UInt32? { index < scalars.count ? scalars[index] : nil }

  private func at(_ character: Character) -> Bool {
    current == character.unicodeScalars.first?.value
  }

  private mutating func take(_ text: String) -> Bool {
    let wanted = text.unicodeScalars.map(\.value)
    guard scalars[index...].starts(with: wanted) else { return false }
    index += wanted.count
    return true
  }

  private mutating func choice(depth: Int) throws(ConstraintError) -> RegexNode {
    guard depth <= depthLimit else { throw problem("groups nest deeper than \(depthLimit)") }
    var options = [try sequence(depth: depth)]
    while take("|") { options.append(try sequence(depth: depth)) }
    return options.count == 1 ? options[0] : .choice(options)
  }

  private mutating func sequence(depth: Int) throws(ConstraintError) -> RegexNode {
    var parts: [RegexNode] = []
    while index < scalars.count, !at("|"), !at(")") {
      let atom = try atom(depth: depth)
      parts.append(try quantified(atom))
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  private mutating func atom(depth: Int) throws(ConstraintError) -> RegexNode {
    if take("(") { return try group(depth: depth) }
    if take("[") { return .set(try characterClass()) }
    if take(".") { return .set(.dot) }
    if take("^") { return .start }
    if take("$") { return .end }
    if take("\\A") { return .start }
    if take("\\Z") { return .end }
    if take("\\") { return .set(try escape(inClass: false)) }
    if at("*") || at("+") || at("?") { throw problem("nothing to repeat") }
    guard let scalar = current else { throw problem("unexpected end") }
    if at("{") {
      var ahead = self
      if try ahead.bounds() != nil { throw problem("nothing to repeat") }
    }
    index += 1
    return .set(ScalarSet(scalar))
  }

  private mutating func group(depth: Int) throws(ConstraintError) -> RegexNode {
    if take("?") {
      if at("=") || at("!") { throw problem("looking ahead is not supported") }
      if take("P<") || take("<") {
        if at("=") || at("!") { throw problem("looking behind is not supported") }
        while let scalar = current, ScalarSet.word.contains(scalar) { index += 1 }
        guard take(">") else { throw problem("expected '>' after the name of a group") }
      } else if !take(":") {
        throw problem("flags and other kinds of groups are not supported")
      }
    }
    let node = try choice(depth: depth + 1)
    guard take(")") else { throw problem("expected ')'") }
    return node
  }

  /// The longest count that a quantifier may have; larger ones would not fit any limit.
  private static let largestCount = 100_000

  private mutating func quantified(_ atom: RegexNode) throws(ConstraintError) -> RegexNode {
    var range: (min: Int, max: Int?)
    if take("*") {
      range = (0, nil)
    } else if take("+") {
      range = (1, nil)
    } else if take("?") {
      range = (0, 1)
    } else if at("{"), let found = try bounds() {
      range = found
    } else {
      return atom
    }
    switch atom {
    case .start, .end: throw problem("an anchor cannot be repeated")
    default: break
    }
    _ = take("?")
    if at("*") || at("+") { throw problem("a quantifier after a quantifier") }
    if at("?") { throw problem("a quantifier after a quantifier") }
    if at("{"), try bounds() != nil { throw problem("a quantifier after a quantifier") }
    return .repeated(atom, min: range.min, max: range.max)
  }

  /// Reads `{n}`, `{n,}`, `{n,m}` or `{,m}`; a brace that begins none of them is an ordinary character.
  private mutating func bounds() throws(ConstraintError) -> (min: Int, max: Int?)? {
    let start = index
    guard take("{"), let low = try count() ?? (at(",") ? 0 : nil) else {
      index = start
      return nil
    }
    var high: Int? = low
    if take(",") { high = at("}") ? nil : try count() ?? -1 }
    guard high != -1, take("}") else {
      index = start
      return nil
    }
    if let high, high < low { throw problem("the bounds {\(low),\(high)} are the wrong way round") }
    return (low, high)
  }

  private mutating func count() throws(ConstraintError) -> Int? {
    var value: Int?
    while let scalar = current, (0x30...0x39).contains(scalar) {
      value = (value ?? 0) * 10 + Int(scalar - 0x30)
      if let value, value > Self.largestCount {
        throw problem("repeats more than \(Self.largestCount) times")
      }
      index += 1
    }
    return value
  }
}

extension RegexParser {
  private mutating func characterClass() throws(ConstraintError) -> ScalarSet {
    let isNegated = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    if at("]") { throw problem("a class that begins with ']'; write '\\]' for the bracket") }
    while !at("]") {
      let (low, isSet) = try classMember(isNegated: isNegated)
      if !isSet, at("-"), index + 1 < scalars.count, scalars[index + 1] != 0x5D {
        index += 1
        let (high, isSet) = try classMember(isNegated: isNegated)
        guard !isSet, let first = low.ranges.first?.lowerBound,
          let last = high.ranges.first?.lowerBound
        else { throw problem("a range needs a character on either side") }
        guard first <= last else { throw problem("a range is the wrong way round") }
        ranges.append(first...last)
      } else {
        ranges.append(contentsOf: low.ranges)
      }
    }
    index += 1
    let set = ScalarSet(ranges)
    return isNegated ? set.complement : set
  }

  /// A character or a named set of a class, and whether it is a set.
  ///
  /// Of a class that is negated it is all that any language means by the set: what is left is outside it for all of them.
  private mutating func classMember(
    isNegated: Bool
  ) throws(ConstraintError) -> (ScalarSet, Bool) {
    guard let scalar = current else { throw problem("expected ']'") }
    index += 1
    guard scalar == 0x5C else { return (ScalarSet(scalar), false) }
    let opposites: [Unicode.Scalar: ScalarSet] = [
      "d": .notDigits, "D": .digits, "w": .notWord, "W": .word, "s": .notSpace, "S": .space,
    ]
    guard let opposite = current.flatMap(Unicode.Scalar.init).flatMap({ opposites[$0] }) else {
      return (try escape(inClass: true), false)
    }
    let set = try escape(inClass: true)
    return (isNegated ? opposite.complement : set, true)
  }

  private mutating func escape(inClass: Bool) throws(ConstraintError) -> ScalarSet {
    guard let scalar = current, let letter = Unicode.Scalar(scalar) else {
      throw problem("nothing after '\\'")
    }
    index += 1
    switch letter {
    case "d": return .digits
    case "D": return .notDigits
    case "w": return .word
    case "W": return .notWord
    case "s": return .space
    case "S": return .notSpace
    case "t": return ScalarSet(0x09)
    case "n": return ScalarSet(0x0A)
    case "v": return ScalarSet(0x0B)
    case "f": return ScalarSet(0x0C)
    case "r": return ScalarSet(0x0D)
    case "0":
      if let next = current, (0x30...0x39).contains(next) { throw problem("octal escapes") }
      return ScalarSet(0)
    case "b" where inClass: return ScalarSet(0x08)
    case "b", "B": throw problem("word boundaries are not supported")
    case "p", "P": throw problem("properties of characters are not supported")
    case "k", "1"..."9": throw problem("references to groups are not supported")
    case "x": return ScalarSet(try hexadecimal(digits: 2))
    case "u": return ScalarSet(try unicodeEscape())
    case "c":
      guard let control = current, (0x41...0x5A).contains(control & ~0x20) else {
        throw problem("expected a letter after '\\c'")
      }
      index += 1
      return ScalarSet(control & 31)
    case "a"..."z", "A"..."Z": throw problem("unknown escape '\\\(letter)'")
    default: return ScalarSet(scalar)
    }
  }

  private mutating func hexadecimal(digits: Int) throws(ConstraintError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let scalar = current, let letter = Unicode.Scalar(scalar),
        let digit = Character(letter).hexDigitValue, scalar < 0x80
      else { throw problem("expected \(digits) hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }

  private mutating func unicodeEscape() throws(ConstraintError) -> UInt32 {
    if take("{") {
      var value: UInt32 = 0
      var isEmpty = true
      while !at("}") {
        value = value << 4 | (try hexadecimal(digits: 1))
        isEmpty = false
        guard value <= ScalarSet.last else { throw problem("beyond U+10FFFF") }
      }
      guard !isEmpty else { throw problem("expected hexadecimal digits") }
      index += 1
      return value
    }
    let first = try hexadecimal(digits: 4)
    guard (0xD800..<0xDC00).contains(first) else { return first }
    let start = index
    if take("\\u") {
      let second = try hexadecimal(digits: 4)
      if (0xDC00..<0xE000).contains(second) {
        return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
      }
    }
    index = start
    return first
  }
}
