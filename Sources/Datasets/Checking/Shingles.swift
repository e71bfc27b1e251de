import SafeIO
import Tokenization

/// What a row says, as the set of its runs of three words: rows that are nearly alike share most.
///
/// Letter case, spacing and punctuation do not count, nor do system messages, which many rows share.
struct Shingles {
  /// Hashes, ascending, each once.
  let hashes: [UInt64]

  private static let width = 3

  init(_ row: Row) {
    var words = WordHashes()
    Self.collect(row, into: &words)
    let list = words.finished()
    guard list.count >= Self.width else {
      hashes = list.isEmpty ? [] : [Self.hash(list[...])]
      return
    }
    var found: [UInt64] = []
    found.reserveCapacity(list.count)
    for start in 0...(list.count - Self.width) {
      found.append(Self.hash(list[start..<(start + Self.width)]))
    }
    found.sort()
    var unique: [UInt64] = []
    unique.reserveCapacity(found.count)
    for hash in found where unique.last != hash { unique.append(hash) }
    hashes = unique
  }

  /// The share of both sets together that stands in both.
  func similarity(to other: Shingles) -> Double {
    var (i, j, common) = (0, 0, 0)
    while i < hashes.count, j < other.hashes.count {
      if hashes[i] == other.hashes[j] {
        common += 1
        i += 1
        j += 1
      } else if hashes[i] < other.hashes[j] {
        i += 1
      } else {
        j += 1
      }
    }
    let union = hashes.count + other.hashes.count - common
    return union == 0 ? 0 : Double(common) / Double(union)
  }

  private static func hash(_ words: ArraySlice<UInt64>) -> UInt64 {
    StableHash.mixed(words.reduce(0) { StableHash.mixed($0 ^ $1) })
  }

  private static func collect(_ row: Row, into words: inout WordHashes) {
    switch row {
    case .text(let text): words.add(text)
    case .promptCompletion(let prompt, let completion):
      words.add(prompt)
      words.add(completion)
    case .messages(let messages, _, _):
      for message in messages where message.role != "system" && message.role != "developer" {
        words.add(message.content)
        if !message.extra.isEmpty { words.add(JSON(message.extra).serialized()) }
      }
    case .tokens(let ids, _): words.add(ids)
    case .preference, .unpaired: for side in row.sides { collect(side, into: &words) }
    }
  }
}

/// The words of a text as hashes: runs of ASCII letters and digits, and each character beyond ASCII,
/// since many scripts put no spaces between words.
private struct WordHashes {
  private var list: [UInt64] = []

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var hash = StableHash.start
      var length = 0
      for byte in bytes {
        let isUpper = byte >= 0x41 && byte <= 0x5A
        let isWord =
          isUpper || (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
        // A lead byte begins a word of its own; the bytes that continue it belong to it.
        if length > 0, !isWord && (byte < 0x80 || byte >= 0xC0) {
          list.append(hash)
          (hash, length) = (StableHash.start, 0)
        }
        guard isWord || byte >= 0x80 else { continue }
        if isWord, length > 0, lastWasBeyondASCII {
          list.append(hash)
          (hash, length) = (StableHash.start, 0)
        }
        lastWasBeyondASCII = byte >= 0x80
        hash = StableHash.adding(isUpper ? byte + 0x20 : byte, to: hash)
        length += 1
      }
      if length > 0 { list.append(hash) }
    }
  }

  private var lastWasBeyondASCII = false

  mutating func add(_ ids: [Int32]) {
    list.append(contentsOf: ids.map { StableHash.mixed(UInt64(UInt32(bitPattern: $0))) })
  }

  func finished() -> [UInt64] { list }
}
