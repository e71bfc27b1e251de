/// Byte strings by id, end to end in one array.
struct ByteStrings: Sendable {
  private var arena: [UInt8] = []
  private var starts: [Int]
  private var lengths: [Int32]

  /// Room for ids below `idLimit`.
  init(idLimit: Int) {
    starts = Array(repeating: 0, count: idLimit)
    lengths = Array(repeating: -1, count: idLimit)
  }

  /// One more than the greatest id that can be held.
  var idLimit: Int { starts.count }

  func contains(_ id: Int) -> Bool { id >= 0 && id < lengths.count && lengths[id] >= 0 }

  /// The length in bytes, 0 for an id that is not used.
  func length(of id: Int) -> Int { contains(id) ? Int(lengths[id]) : 0 }

  mutating func set(_ id: Int, _ bytes: some Collection<UInt8>) {
    starts[id] = arena.count
    lengths[id] = Int32(clamping: bytes.count)
    arena.append(contentsOf: bytes)
  }

  func append(_ id: Int, to bytes: inout [UInt8]) {
    guard contains(id) else { return }
    bytes.append(contentsOf: arena[starts[id]..<starts[id] + Int(lengths[id])])
  }

  subscript(id: Int) -> ArraySlice<UInt8> {
    contains(id) ? arena[starts[id]..<starts[id] + Int(lengths[id])] : []
  }

  func equals(_ id: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
    guard Int(lengths[id]) == key.count else { return false }
    return arena.withUnsafeBufferPointer { arena in
      UnsafeBufferPointer(rebasing: arena[starts[id]..<starts[id] + key.count]).elementsEqual(key)
    }
  }
}

/// Byte strings by id and ids by byte string.
///
/// The table hashes bytes: a `Dictionary<String, Int>` of 50,000 tokens costs several times as much
/// to fill. Hashing is seeded, so that a vocabulary cannot be written to collide.
struct TokenTable: Sendable {
  private(set) var strings: ByteStrings
  private var slots: [Int32]
  private(set) var count = 0

  /// A table for ids below `idLimit`, of which most will be used.
  init(idLimit: Int, capacity: Int) {
    strings = ByteStrings(idLimit: idLimit)
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
  }

  /// Adds a token unless its bytes are there already, and then says under which id.
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>, id: Int) -> Int? {
    let slot = slotOfKey(bytes)
    if slots[slot] >= 0 { return Int(slots[slot]) }
    strings.set(id, bytes)
    slots[slot] = Int32(clamping: id)
    count += 1
    return nil
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
    while slots[slot] >= 0, !strings.equals(Int(slots[slot]), key) { slot = (slot + 1) & mask }
    return slot
  }
}
