/// UTF-8 text that remembers, for every byte, where it came from.
struct TrackedText: Sendable {
  private(set) var bytes: [UInt8]
  /// Stretches of one origin, each by its end; the last ends where the bytes do.
  private(set) var runs: [Run]

  struct Run: Sendable, Equatable {
    var end: Int
    var origin: TextOrigin
  }

  init(_ text: String = "", _ origin: TextOrigin = .template) {
    bytes = Array(text.utf8)
    runs = bytes.isEmpty ? [] : [Run(end: bytes.count, origin: origin)]
  }

  var count: Int { bytes.count }
  var isEmpty: Bool { bytes.isEmpty }
  var string: String { String(decoding: bytes, as: UTF8.self) }

  /// The stretches that have one origin, in order.
  var pieces: [TemplatePiece] {
    var start = 0
    return runs.map { run in
      defer { start = run.end }
      return TemplatePiece(
        text: String(decoding: bytes[start..<run.end], as: UTF8.self), origin: run.origin)
    }
  }

  mutating func append(_ other: TrackedText) { append(other, 0..<other.count) }

  /// Appends a part of `other`; the range begins and ends between characters.
  mutating func append(_ other: TrackedText, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    bytes.append(contentsOf: other.bytes[range])
    var index = other.runIndex(at: range.lowerBound)
    while index < other.runs.count {
      let run = other.runs[index]
      extend(by: min(run.end, range.upperBound) - range.lowerBound, of: range.count, run.origin)
      if run.end >= range.upperBound { break }
      index += 1
    }
  }

  mutating func append(_ text: String, _ origin: TextOrigin) {
    bytes.append(contentsOf: text.utf8)
    extend(by: text.utf8.count, of: text.utf8.count, origin)
  }

  /// Notes that of `total` bytes just appended those up to `end` have `origin`.
  private mutating func extend(by end: Int, of total: Int, _ origin: TextOrigin) {
    let end = bytes.count - total + end
    guard end > (runs.last?.end ?? 0) else { return }
    if runs.last?.origin == origin {
      runs[runs.count - 1].end = end
    } else {
      runs.append(Run(end: end, origin: origin))
    }
  }

  func slice(_ range: Range<Int>) -> TrackedText {
    if range == 0..<count { return self }
    var result = TrackedText()
    result.append(self, range)
    return result
  }

  /// The origin of the byte at `offset`.
  func origin(at offset: Int) -> TextOrigin {
    let index = runIndex(at: offset)
    return index < runs.count ? runs[index].origin : .template
  }

  private func runIndex(at offset: Int) -> Int {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].end <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension TrackedText: Equatable {
  /// Text is equal if its bytes are, whoever wrote it.
  static func == (lhs: TrackedText, rhs: TrackedText) -> Bool { lhs.bytes == rhs.bytes }
}

extension TrackedText {
  /// Characters (Unicode scalars) with their places; the bytes are valid UTF-8 by construction.
  func forEachScalar(_ body: (Unicode.Scalar, Range<Int>) throws -> Void) rethrows {
    var index = 0
    for scalar in string.unicodeScalars {
      let length = UTF8.width(scalar)
      try body(scalar, index..<index + length)
      index += length
    }
  }

  /// The number of characters, as Python counts them.
  var scalarCount: Int { bytes.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 } }

  /// Byte offsets of the characters' beginnings, and of the end.
  var scalarOffsets: [Int] {
    bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 } + [bytes.count]
  }

  /// Every character replaced by a text of the same origin.
  func mapScalars(_ transform: (Unicode.Scalar) -> String) -> TrackedText {
    var result = TrackedText()
    forEachScalar { result.append(transform($0), origin(at: $1.lowerBound)) }
    return result
  }

  /// Where `needle` next stands, from `start` on.
  func firstRange(of needle: TrackedText, from start: Int = 0) -> Range<Int>? {
    guard let first = needle.bytes.first else { return start..<start }
    guard needle.count <= count else { return nil }
    return bytes.withUnsafeBufferPointer { text in
      needle.bytes.withUnsafeBufferPointer { needle in
        var index = start
        while index + needle.count <= text.count {
          if text[index] == first {
            var matched = 1
            while matched < needle.count, text[index + matched] == needle[matched] { matched += 1 }
            if matched == needle.count { return index..<index + matched }
          }
          index += 1
        }
        return nil
      }
    }
  }

  func hasPrefix(_ other: TrackedText) -> Bool { bytes.starts(with: other.bytes) }
  func hasSuffix(_ other: TrackedText) -> Bool {
    bytes.suffix(other.count).elementsEqual(other.bytes)
  }
}
