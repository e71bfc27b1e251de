import SafeIO

/// A regular expression over the paths of modules, in the syntax of Python's `re`, as PEFT takes them.
///
/// Read are literals, `.`, classes, `\d \w \s` and their opposites, groups, alternatives, repetition with
/// counts, `^`, `$`, `\A`, `\Z` and `\b`; references back, lookaround and flags are not. Matching follows
/// all alternatives at once (Thompson 1968): its time is at most the length of the text times that of the
/// expression, whatever stands in a file.
package struct ModulePattern: Sendable, Equatable {
  /// Why an expression is refused.
  package struct Failure: Error, Equatable {
    /// What of the expression is not read.
    package var reason: String
  }

  /// One step of the program.
  enum Instruction: Sendable, Equatable {
    /// One byte of the set.
    case byte(ByteSet)
    /// Goes on at both places.
    case split(Int, Int)
    case jump(Int)
    /// Holds at the start of the text, or at its end.
    case start, end
    /// Holds between a letter of a word and something else, or, turned round, everywhere but there.
    case boundary(Bool)
    case accept
  }

  /// The expression as it was written.
  package let source: String
  let program: [Instruction]

  /// Reads an expression.
  ///
  /// - Throws: `Failure`.
  package init(_ source: String) throws(Failure) {
    self.source = source
    var compiler = ModulePatternCompiler(source)
    program = try compiler.program()
  }

  /// Whether the whole text matches: `re.fullmatch`.
  package func matches(_ text: String) -> Bool {
    run(Array(text.utf8)) { place, _ in place == 0 }
  }

  /// Whether the text, or what follows one of its dots, matches to the end: how PEFT looks up
  /// `rank_pattern` and `alpha_pattern`, `re.match(rf"(.*\.)?({key})$", path)`.
  package func matchesLastParts(of text: String) -> Bool {
    run(Array(text.utf8)) { place, text in place == 0 || text[place - 1] == UInt8(ascii: ".") }
  }

  /// Whether a match that begins where `begins` says ends with the text.
  private func run(_ text: [UInt8], begins: (Int, [UInt8]) -> Bool) -> Bool {
    var current = Threads(count: program.count)
    var next = Threads(count: program.count)
    for place in 0...text.count {
      if begins(place, text) { add(0, to: &current, at: place, in: text) }
      guard place < text.count else { break }
      for index in current.list {
        if case .byte(let set) = program[index], set.contains(text[place]) {
          add(index + 1, to: &next, at: place + 1, in: text)
        }
      }
      current.clear()
      swap(&current, &next)
    }
    return current.list.contains { program[$0] == .accept }
  }

  /// Adds an instruction, and all that it leads to without a byte.
  private func add(_ first: Int, to threads: inout Threads, at place: Int, in text: [UInt8]) {
    var stack = [first]
    while let index = stack.popLast() {
      guard threads.insert(index) else { continue }
      switch program[index] {
      case .split(let a, let b): stack += [b, a]
      case .jump(let target): stack.append(target)
      case .start: if place == 0 { stack.append(index + 1) }
      case .end: if place == text.count { stack.append(index + 1) }
      case .boundary(let wanted):
        let before = place > 0 && ByteSet.word.contains(text[place - 1])
        let after = place < text.count && ByteSet.word.contains(text[place])
        if (before != after) == wanted { stack.append(index + 1) }
      case .byte, .accept: break
      }
    }
  }

  /// The instructions that a match may be at: each once.
  private struct Threads {
    private(set) var list: [Int] = []
    private var isMember: [Bool]

    init(count: Int) { isMember = [Bool](repeating: false, count: count) }

    mutating func insert(_ index: Int) -> Bool {
      if isMember[index] { return false }
      isMember[index] = true
      list.append(index)
      return true
    }

    mutating func clear() {
      for index in list { isMember[index] = false }
      list.removeAll(keepingCapacity: true)
    }
  }
}

/// A set of bytes.
struct ByteSet: Sendable, Equatable {
  private var low: (UInt64, UInt64) = (0, 0)
  private var high: (UInt64, UInt64) = (0, 0)

  init() {}

  init(_ ranges: ClosedRange<UInt8>...) {
    for range in ranges { insert(range) }
  }

  static let digit = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
  static let word = ByteSet(
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_")...UInt8(ascii: "_"))
  static let space = ByteSet(9...13, 32...32)
  /// All but the end of a line.
  static let any = ByteSet(0...9, 11...255)

  func contains(_ byte: UInt8) -> Bool {
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: return low.0 & bit != 0
    case 1: return low.1 & bit != 0
    case 2: return high.0 & bit != 0
    default: return high.1 & bit != 0
    }
  }

  mutating func insert(_ range: ClosedRange<UInt8>) {
    for byte in range {
      let bit = UInt64(1) << UInt64(byte & 63)
      switch byte >> 6 {
      case 0: low.0 |= bit
      case 1: low.1 |= bit
      case 2: high.0 |= bit
      default: high.1 |= bit
      }
    }
  }

  mutating func formUnion(_ other: ByteSet) {
    low = (low.0 | other.low.0, low.1 | other.low.1)
    high = (high.0 | other.high.0, high.1 | other.high.1)
  }

  var inverted: ByteSet {
    var result = self
    result.low = (~low.0, ~low.1)
    result.high = (~high.0, ~high.1)
    return result
  }

  static func == (lhs: ByteSet, rhs: ByteSet) -> Bool {
    lhs.low == rhs.low && lhs.high == rhs.high
  }
}
