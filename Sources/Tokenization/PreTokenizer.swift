/// The rule that cuts text into words before merging.
///
/// Each is a fixed pattern with a hand-written, linear-time matcher: there is no regular expression
/// engine here to be held up.
public enum PreTokenizer: String, Sendable, CaseIterable {
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2 = "gpt-2"
  /// Every digit on its own, then the GPT-2 pattern between them.
  case smollm
  /// Qwen 2: contractions in any case, one number character a word, newlines kept with punctuation.
  case qwen2
  /// Llama 3: as Qwen 2 with up to three number characters a word.
  case llama3 = "llama-bpe"

  /// Whether the tokenizers of the rule's own family put text into normal form C first.
  var composes: Bool { self == .qwen2 }

  /// Whether those take a word that is a token whole, whatever the merges say.
  var ignoresMerges: Bool { self == .llama3 }

  /// The patterns as they stand in `tokenizer.json`, in a `Split` or implied by `ByteLevel`.
  var pattern: String {
    func modern(_ numbers: String) -> String {
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }
    switch self {
    case .gpt2, .smollm:
      return #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    case .qwen2: return modern(#"\p{N}"#)
    case .llama3: return modern(#"\p{N}{1,3}"#)
    }
  }
}

/// Walks over the words of one stretch of text.
struct WordScanner {
  private let reader: ClassReader
  private let rule: PreTokenizer
  private let end: Int
  /// Where the next word begins.
  private(set) var position: Int
  /// For SmolLM: where the run without digits ends.
  private var segmentEnd: Int

  init(
    _ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>, rule: PreTokenizer,
    classes: UnsafeBufferPointer<UInt8>
  ) {
    reader = ClassReader(text: text, table: classes)
    self.rule = rule
    end = range.upperBound
    position = range.lowerBound
    segmentEnd = range.lowerBound
  }

  /// The next word, or nil at the end of the stretch.
  @inline(__always)
  mutating func next() -> Range<Int>? {
    guard position < end else { return nil }
    let start = position
    switch rule {
    case .gpt2: position = classic(start, end)
    case .smollm: position = digitsApart(start)
    case .qwen2: position = modern(start, numbers: 1)
    case .llama3: position = modern(start, numbers: 3)
    }
    return start..<position
  }

  private mutating func digitsApart(_ start: Int) -> Int {
    if start == segmentEnd {
      let (bits, length) = reader.character(at: start, before: end)
      segmentEnd = start + length
      if bits & CharacterClass.digit != 0 { return segmentEnd }
      while segmentEnd < end {
        let (bits, length) = reader.character(at: segmentEnd, before: end)
        if bits & CharacterClass.digit != 0 { break }
        segmentEnd += length
      }
    }
    return classic(start, segmentEnd)
  }

  private func classic(_ start: Int, _ end: Int) -> Int {
    let lead = reader.text[start]
    if lead == 0x27, let stop = contraction(at: start, end, anyCase: false) { return stop }
    var index = start
    var (bits, length) = reader.character(at: start, before: end)
    if lead == 0x20, start + 1 < end {
      let following = reader.character(at: start + 1, before: end)
      if following.bits & CharacterClass.space == 0 {
        index += 1
        (bits, length) = following
      }
    }
    if bits & CharacterClass.letter != 0 { return run(index + length, end, CharacterClass.letter) }
    if bits & CharacterClass.number != 0 { return run(index + length, end, CharacterClass.number) }
    if bits & CharacterClass.space == 0 { return punctuation(index + length, end) }
    return spaces(start, end, newlines: false)
  }

  private func modern(_ start: Int, numbers: Int) -> Int {
    let lead = reader.text[start]
    if lead == 0x27, let stop = contraction(at: start, end, anyCase: true) { return stop }
    let (bits, length) = reader.character(at: start, before: end)
    if bits & CharacterClass.letter != 0 { return run(start + length, end, CharacterClass.letter) }
    if bits & CharacterClass.number != 0 {
      var index = start + length
      for _ in 1..<max(numbers, 1) where index < end {
        let (bits, length) = reader.character(at: index, before: end)
        guard bits & CharacterClass.number != 0 else { break }
        index += length
      }
      return index
    }
    if bits & CharacterClass.newline == 0, start + length < end {
      let following = reader.character(at: start + length, before: end)
      if following.bits & CharacterClass.letter != 0 {
        return run(start + length + following.length, end, CharacterClass.letter)
      }
      if lead == 0x20, following.bits & (CharacterClass.space | CharacterClass.number) == 0 {
        return newlines(punctuation(start + length + following.length, end))
      }
    }
    if bits & CharacterClass.space == 0 { return newlines(punctuation(start + length, end)) }
    return spaces(start, end, newlines: true)
  }
}

extension WordScanner {
  /// The end of the run of characters of class `kind` that begins at `index`.
  @inline(__always)
  private func run(_ index: Int, _ end: Int, _ kind: UInt8) -> Int {
    var index = index
    while index < end {
      let (bits, length) = reader.character(at: index, before: end)
      guard bits & kind != 0 else { break }
      index += length
    }
    return index
  }

  /// The end of the run of characters that are neither letter, number nor space.
  private func punctuation(_ index: Int, _ end: Int) -> Int {
    let word = CharacterClass.letter | CharacterClass.number | CharacterClass.space
    var index = index
    while index < end {
      let (bits, length) = reader.character(at: index, before: end)
      guard bits & word == 0 else { break }
      index += length
    }
    return index
  }

  private func newlines(_ index: Int) -> Int {
    var index = index
    while index < end, reader.text[index] == 0x0A || reader.text[index] == 0x0D { index += 1 }
    return index
  }

  /// A run of white space: up to its last newline where those count, else all of it but the last
  /// character, which goes with the word that follows.
  private func spaces(_ start: Int, _ end: Int, newlines: Bool) -> Int {
    var index = start
    var last = start
    var afterNewline = start
    while index < end {
      let (bits, length) = reader.character(at: index, before: end)
      guard bits & CharacterClass.space != 0 else { break }
      last = index
      index += length
      if bits & CharacterClass.newline != 0 { afterNewline = index }
    }
    if newlines, afterNewline > start { return afterNewline }
    return index == end || last == start ? index : last
  }

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at an apostrophe, if one is there.
  private func contraction(at start: Int, _ end: Int, anyCase: Bool) -> Int? {
    func lowered(_ offset: Int) -> UInt8 {
      guard start + offset < end else { return 0 }
      let byte = reader.text[start + offset]
      return anyCase && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
    let first = lowered(1)
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r") where lowered(2) == UInt8(ascii: "e"),
      UInt8(ascii: "v") where lowered(2) == UInt8(ascii: "e"),
      UInt8(ascii: "l") where lowered(2) == UInt8(ascii: "l"):
      return start + 3
    // U+017F, the long s, equals "s" when case is ignored.
    case 0xC5 where anyCase && lowered(2) == 0xBF: return start + 3
    default: return nil
    }
  }
}
