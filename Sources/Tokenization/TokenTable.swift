/// Byte strings by id and ids by byte string.
///
/// Strings lie end to end in one array, and the table hashes bytes: a `Dictionary<String, Int>` of
/// 50,000 tokens costs several times as much to fill. Hashing is seeded, so that a vocabulary cannot
/// be written to collide.
struct TokenTable: Sendable {
  private var arena: [UInt8] = []
  private var starts: [Int]
  private var lengths: [Int32]
  private var slots: [Int32]
  private(set) var count = 0

  /// A table for ids below `idLimit`, of which most will be used.
  init(idLimit: Int) {
    starts = Array(repeating: 0, count: idLimit)
    lengths = Array(repeating: -1, count: idLimit)
    var capacity = 16
    while capacity < idLimit * 2 { capacity *= 2 }
    slots = Array(repeating: -1, count: capacity)
  }

  /// One more than the greatest id that can be held.
  var idLimit: Int { starts.count }

  /// Adds a token; the caller has made sure that neither its id nor its bytes are there yet.
  mutating func insert(_ bytes: some Collection<UInt8>, id: Int) {
    starts[id] = arena.count
    lengths[id] = Int32(clamping: bytes.count)
    arena.append(contentsOf: bytes)
    count += 1
    let slot = withBytes(of: id) { slotOfKey($0) } ?? 0
    slots[slot] = Int32(clamping: id)
  }

  func contains(id: Int) -> Bool { id >= 0 && id < lengths.count && lengths[id] >= 0 }

  /// The bytes of a token, or nil where the id is not used.
  func withBytes<R>(of id: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
    guard contains(id: id) else { return nil }
    return arena.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[starts[id]..<starts[id] + Int(lengths[id])]))
    }
  }

  func length(of id: Int) -> Int { contains(id: id) ? Int(lengths[id]) : 0 }

  func append(_ id: Int, to bytes: inout [UInt8]) {
    guard contains(id: id) else { return }
    bytes.append(contentsOf: arena[starts[id]..<starts[id] + Int(lengths[id])])
  }

  func id(of key: UnsafeBufferPointer<UInt8>) -> Int? {
    let id = slots[slotOfKey(key)]
    return id < 0 ? nil : Int(id)
  }

  func id(of text: String) -> Int? {
    var text = text
    return text.withUTF8 { id(of: $0) }
  }

  /// The slot that holds `key`, or the free one where it belongs; there is always a free one.
  private func slotOfKey(_ key: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(key))
    let mask = slots.count - 1
    var slot = hasher.finalize() & mask
    return arena.withUnsafeBufferPointer { arena in
      while slots[slot] >= 0 {
        let id = Int(slots[slot])
        if Int(lengths[id]) == key.count {
          let stored = UnsafeBufferPointer(rebasing: arena[starts[id]..<starts[id] + key.count])
          if stored.elementsEqual(key) { break }
        }
        slot = (slot + 1) & mask
      }
      return slot
    }
  }
}
