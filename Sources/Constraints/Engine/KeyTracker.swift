/// The keys that a text has given to each object that is open, so that none is given twice.
struct KeyTracker: Sendable {
  private struct Level {
    var isObject: Bool
    var expectsKey: Bool
    var keys: [[UInt8]] = []
  }

  private var levels: [Level] = []
  private var isInString = false
  private var isEscaped = false
  private var isKey = false
  private var pending: [UInt8] = []

  /// The key that is being written, as it is spelled so far.
  var pendingKey: [UInt8]? { isKey ? pending : nil }

  /// The keys that the innermost object has.
  var keys: [[UInt8]] { levels.last?.keys ?? [] }

  /// Reads on; false if a key ends that the object has already.
  mutating func append(_ byte: UInt8) -> Bool {
    guard isInString else {
      structure(byte)
      return true
    }
    if isEscaped || byte != 0x22 {
      isEscaped = !isEscaped && byte == 0x5C
      if isKey { pending.append(byte) }
      return true
    }
    isInString = false
    guard isKey else { return true }
    isKey = false
    guard let last = levels.indices.last, !levels[last].keys.contains(pending) else { return false }
    levels[last].keys.append(pending)
    return true
  }

  private mutating func structure(_ byte: UInt8) {
    switch byte {
    case 0x22:
      isInString = true
      isKey = levels.last.map { $0.isObject && $0.expectsKey } ?? false
      pending = []
    case 0x7B: levels.append(Level(isObject: true, expectsKey: true))
    case 0x5B: levels.append(Level(isObject: false, expectsKey: false))
    case 0x7D, 0x5D: _ = levels.popLast()
    case 0x2C: if let last = levels.indices.last { levels[last].expectsKey = levels[last].isObject }
    case 0x3A: if let last = levels.indices.last { levels[last].expectsKey = false }
    default: break
    }
  }

  /// Alternatives that are counted on for each character of a key; there are more in ASCII alone.
  static let letters = 64
  /// More characters than a key of fewer than 64³ neighbours ever needs.
  static let mostExtra = 3

  /// How many characters more than `need` the key takes until it is none that the object has.
  func extra(need: Int) -> Int {
    guard let key = pendingKey else { return 0 }
    let similar = keys.lazy.filter { $0.starts(with: key) }.count
    guard similar > 0 else { return 0 }
    var length = need
    if length == 0 {
      if !keys.contains(key) { return 0 }
      length = 1
    }
    var room = 1
    for _ in 0..<length { room = min(room * Self.letters, 1 << 40) }
    while similar >= room {
      length += 1
      room *= Self.letters
    }
    return length - need
  }
}
