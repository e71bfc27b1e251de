/// Turns a regular expression into the program of a `ModulePattern`, by recursive descent.
struct ModulePatternCompiler {
  private typealias Instruction = ModulePattern.Instruction
  typealias Failure = ModulePattern.Failure

  private static let maxBytes = 4096
  private static let maxInstructions = 20_000
  private static let maxDepth = 64
  private static let maxCount = 1000

  private let text: [UInt8]
  private var place = 0
  private var depth = 0

  init(_ source: String) { text = Array(source.utf8) }

  mutating func program() throws(Failure) -> [ModulePattern.Instruction] {
    guard text.count <= Self.maxBytes else { throw Failure(reason: "it is too long") }
    let body = try alternatives()
    guard place == text.count else { throw Failure(reason: "a ')' without its '('") }
    return body + [.accept]
  }

  private var current: UInt8? { place < text.count ? text[place] : nil }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private func checked(_ code: [Instruction]) throws(Failure) -> [Instruction] {
    guard code.count <= Self.maxInstructions else { throw Failure(reason: "it repeats too much") }
    return code
  }

  /// Code is relative: targets count from the first instruction of its piece.
  private static func moved(_ code: [Instruction], by offset: Int) -> [Instruction] {
    code.map { instruction in
      switch instruction {
      case .split(let a, let b): .split(a + offset, b + offset)
      case .jump(let target): .jump(target + offset)
      default: instruction
      }
    }
  }

  private mutating func alternatives() throws(Failure) -> [Instruction] {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maxDepth else { throw Failure(reason: "its groups are nested too deep") }
    var code = try sequence()
    while skip("|") {
      let other = try sequence()
      code = try checked(
        [.split(1, code.count + 2)] + Self.moved(code, by: 1) + [
          .jump(code.count + other.count + 2)
        ]
          + Self.moved(other, by: code.count + 2))
    }
    return code
  }

  private mutating func sequence() throws(Failure) -> [Instruction] {
    var code: [Instruction] = []
    while let byte = current, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      let piece = try repeated(try atom())
      code = try checked(code + Self.moved(piece, by: code.count))
    }
    return code
  }

  private mutating func atom() throws(Failure) -> [Instruction] {
    guard let byte = current else { throw Failure(reason: "it ends too early") }
    place += 1
    switch byte {
    case UInt8(ascii: "("): return try group()
    case UInt8(ascii: "["): return [.byte(try set())]
    case UInt8(ascii: "."): return [.byte(.any)]
    case UInt8(ascii: "^"): return [.start]
    case UInt8(ascii: "$"): return [.end]
    case UInt8(ascii: "\\"): return [try escape()]
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
      throw Failure(reason: "nothing to repeat before a '\(Unicode.Scalar(byte))'")
    default: return [.byte(ByteSet(byte...byte))]
    }
  }

  private mutating func group() throws(Failure) -> [Instruction] {
    if skip("?") {
      if skip("P") {
        guard skip("<"), let end = text[place...].firstIndex(of: UInt8(ascii: ">")) else {
          throw Failure(reason: "a reference back")
        }
        place = end + 1
      } else if !skip(":") {
        throw Failure(reason: "lookaround or flags, '(?…'")
      }
    }
    let code = try alternatives()
    guard skip(")") else { throw Failure(reason: "a '(' without its ')'") }
    return code
  }

  private mutating func escape() throws(Failure) -> Instruction {
    guard let byte = current else { throw Failure(reason: "it ends with a '\\'") }
    switch byte {
    case UInt8(ascii: "b"), UInt8(ascii: "B"):
      place += 1
      return .boundary(byte == UInt8(ascii: "b"))
    case UInt8(ascii: "A"):
      place += 1
      return .start
    case UInt8(ascii: "Z"):
      place += 1
      return .end
    default: return .byte(try escapedSet())
    }
  }

  /// The bytes that an escape stands for; the backslash is behind us.
  private mutating func escapedSet() throws(Failure) -> ByteSet {
    guard let byte = current else { throw Failure(reason: "it ends with a '\\'") }
    place += 1
    switch byte {
    case UInt8(ascii: "d"): return .digit
    case UInt8(ascii: "D"): return ByteSet.digit.inverted
    case UInt8(ascii: "w"): return .word
    case UInt8(ascii: "W"): return ByteSet.word.inverted
    case UInt8(ascii: "s"): return .space
    case UInt8(ascii: "S"): return ByteSet.space.inverted
    default:
      let isLetterOrDigit = ByteSet.word.contains(byte) && byte != UInt8(ascii: "_")
      guard !isLetterOrDigit, byte < 128 else {
        throw Failure(reason: "'\\\(Unicode.Scalar(byte))'")
      }
      return ByteSet(byte...byte)
    }
  }

  private mutating func set() throws(Failure) -> ByteSet {
    let isInverted = skip("^")
    var result = ByteSet()
    var isFirst = true
    while isFirst || current != UInt8(ascii: "]") {
      isFirst = false
      guard let byte = current, byte < 128 else { throw Failure(reason: "a '[' without its ']'") }
      place += 1
      if byte == UInt8(ascii: "\\"), let next = current, ByteSet.word.contains(next) {
        result.formUnion(try escapedSet())
        continue
      }
      let lower = byte == UInt8(ascii: "\\") ? try literal() : byte
      guard current == UInt8(ascii: "-"), place + 1 < text.count,
        text[place + 1] != UInt8(ascii: "]")
      else {
        result.insert(lower...lower)
        continue
      }
      place += 1
      _ = skip("\\")
      let upper = try literal()
      guard lower <= upper else { throw Failure(reason: "a range that runs backwards") }
      result.insert(lower...upper)
    }
    place += 1
    return isInverted ? result.inverted : result
  }

  private mutating func literal() throws(Failure) -> UInt8 {
    guard let byte = current, byte < 128 else { throw Failure(reason: "a '[' without its ']'") }
    place += 1
    return byte
  }

  private mutating func repeated(_ piece: [Instruction]) throws(Failure) -> [Instruction] {
    guard let (least, most) = try counts() else { return piece }
    // Which repetition is tried first changes what a match is, not whether there is one.
    _ = skip("?")
    if let next = current, next == UInt8(ascii: "*") || next == UInt8(ascii: "+") {
      throw Failure(reason: "a repetition of a repetition")
    }
    var code: [Instruction] = []
    for _ in 0..<least { code = try checked(code + Self.moved(piece, by: code.count)) }
    guard let most else {
      let start = code.count
      code.append(.split(start + 1, start + piece.count + 2))
      code += Self.moved(piece, by: start + 1)
      code.append(.jump(start))
      return try checked(code)
    }
    let end = code.count + (most - least) * (piece.count + 1)
    for _ in least..<most {
      code.append(.split(code.count + 1, end))
      code = try checked(code + Self.moved(piece, by: code.count))
    }
    return code
  }

  /// How often what came before is repeated; nil where nothing says so.
  private mutating func counts() throws(Failure) -> (least: Int, most: Int?)? {
    if skip("*") { return (0, nil) }
    if skip("+") { return (1, nil) }
    if skip("?") { return (0, 1) }
    guard current == UInt8(ascii: "{"), let end = text[place...].firstIndex(of: UInt8(ascii: "}"))
    else { return nil }
    let parts = text[(place + 1)..<end].split(
      separator: UInt8(ascii: ","), maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts.map { part in
      part.isEmpty
        ? "" : part.allSatisfy(ByteSet.digit.contains) ? String(decoding: part, as: UTF8.self) : "-"
    }
    // Python takes braces that hold no counts for themselves.
    guard !numbers.contains("-"), numbers.contains(where: { !$0.isEmpty }) else { return nil }
    place = end + 1
    let least = numbers[0].isEmpty ? 0 : Int(numbers[0]) ?? .max
    let most: Int? =
      numbers.count == 1 ? least : numbers[1].isEmpty ? nil : Int(numbers[1]) ?? .max
    guard least <= Self.maxCount, most ?? least <= Self.maxCount, least <= most ?? least else {
      throw Failure(reason: "counts of more than \(Self.maxCount), or that run backwards")
    }
    return (least, most)
  }
}
