/// A call of a function that an answer makes.
struct ToolCall: Sendable, Equatable {
  let name: String
  /// A JSON object, as the model wrote it.
  let arguments: String
}

/// Takes the calls out of an answer's text as it comes.
///
/// Text is held back only while it could still become a call; a call comes as a whole. What begins like one and is none is
/// text. However the text is cut into pieces, the same text and the same calls come out.
struct CallReader: Sendable {
  enum Piece: Equatable {
    case text(String)
    case call(ToolCall)
  }

  private struct Opening {
    let name: String
    let bytes: [UInt8]
  }

  private enum Attempt {
    case call(ToolCall, end: Int)
    case undecided
    case none
  }

  private let openings: [Opening]
  private let mark: [UInt8]
  private let closing: [UInt8]
  private var held: [UInt8] = []
  /// Whether what comes now is the text's beginning, where calls without a mark stand.
  private var isAtStart = true
  private var isAfterCall = false

  init(_ format: CallFormat, functions: [String]) {
    openings = functions.map { Opening(name: $0, bytes: Array(format.opening($0).utf8)) }
    (mark, closing) = (Array(format.mark.utf8), Array(format.closing.utf8))
  }

  /// What became certain with `text`.
  mutating func append(_ text: String) -> [Piece] {
    held += text.utf8
    return read(isEnd: false)
  }

  /// The rest, once no more will come.
  mutating func finish() -> [Piece] { read(isEnd: true) }

  private mutating func read(isEnd: Bool) -> [Piece] {
    var pieces: [Piece] = []
    while !held.isEmpty {
      let place = candidate(isEnd: isEnd)
      release(place, &pieces)
      if held.isEmpty { break }
      guard mark.isEmpty ? isAtStart : held.starts(with: mark) else { break }
      switch attempt() {
      case .call(let call, let end):
        pieces.append(.call(call))
        held.removeFirst(end)
        (isAtStart, isAfterCall) = (false, true)
      case .undecided where !isEnd: return pieces
      case .undecided, .none:
        // Not a call: its first bytes are text.
        isAtStart = false
        release(mark.isEmpty ? held.count : mark.count, &pieces)
      }
    }
    return pieces
  }

  /// How many bytes cannot be a part of a call.
  private func candidate(isEnd: Bool) -> Int {
    if mark.isEmpty { return isAtStart ? 0 : held.count }
    for start in held.indices {
      let rest = held[start...]
      if rest.starts(with: mark) || !isEnd && mark.starts(with: rest) { return start }
    }
    return held.count
  }

  private mutating func release(_ count: Int, _ pieces: inout [Piece]) {
    var bytes = held.prefix(count)
    held.removeFirst(count)
    // What only parts two calls says nothing.
    if isAfterCall { bytes = bytes.drop { $0 == 0x20 || $0 == 0x0A } }
    if bytes.isEmpty { return }
    isAfterCall = false
    pieces.append(.text(String(decoding: bytes, as: UTF8.self)))
  }

  private func attempt() -> Attempt {
    for opening in openings {
      if !held.starts(with: opening.bytes) {
        if opening.bytes.starts(with: held) { return .undecided }
        continue
      }
      let start = opening.bytes.count
      guard let end = Self.objectEnd(held, from: start) else {
        return start == held.count || held[start] == 0x7B ? .undecided : .none
      }
      let rest = held[end...]
      guard rest.starts(with: closing) else {
        return closing.starts(with: rest) ? .undecided : .none
      }
      let arguments = String(decoding: held[start..<end], as: UTF8.self)
      return .call(
        ToolCall(name: opening.name, arguments: arguments), end: end + closing.count)
    }
    return .none
  }

  /// Where the object that begins at `start` ends; nil where it does not, or there is none.
  private static func objectEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    guard start < bytes.count, bytes[start] == 0x7B else { return nil }
    var (depth, isInString, isEscaped) = (0, false, false)
    for place in start..<bytes.count {
      let byte = bytes[place]
      if isInString {
        if isEscaped || byte != 0x22 {
          isEscaped = !isEscaped && byte == 0x5C
        } else {
          isInString = false
        }
        continue
      }
      switch byte {
      case 0x22: isInString = true
      case 0x7B, 0x5B: depth += 1
      case 0x7D, 0x5D:
        depth -= 1
        if depth == 0 { return place + 1 }
      default: break
      }
    }
    return nil
  }
}
