/// The members of a JSON object in the order of the text, found by key in constant time.
package struct JSONObject: Sendable, Equatable {
  package private(set) var keys: [String] = []
  package private(set) var values: [JSON] = []
  /// Where each key stands; kept only for objects too large to search from the front.
  private var places: [ByteExactKey: Int] = [:]

  private static let largestSearched = 8

  package init() {}

  package var count: Int { keys.count }
  package var isEmpty: Bool { keys.isEmpty }

  package subscript(_ key: String) -> JSON? {
    get { place(of: key).map { values[$0] } }
    set {
      switch (place(of: key), newValue) {
      case (let place?, let value?): values[place] = value
      case (let place?, nil): remove(at: place)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  /// Adds a member unless the key is there already, and then says where.
  mutating func insertUnlessPresent(_ key: String, _ value: JSON) -> Int? {
    if keys.count < Self.largestSearched {
      if let place = place(of: key) { return place }
      keys.append(key)
      values.append(value)
      return nil
    }
    if places.isEmpty { rebuildPlaces() }
    let place = places.count
    let found = places[ByteExactKey(key), default: place]
    guard found == place else { return found }
    places[ByteExactKey(key)] = place
    keys.append(key)
    values.append(value)
    return nil
  }

  private mutating func append(_ key: String, _ value: JSON) {
    _ = insertUnlessPresent(key, value)
  }

  private mutating func remove(at place: Int) {
    keys.remove(at: place)
    values.remove(at: place)
    places = [:]
    if keys.count > Self.largestSearched { rebuildPlaces() }
  }

  private mutating func rebuildPlaces() {
    places.reserveCapacity(2 * keys.count)
    for (place, key) in keys.enumerated() { places[ByteExactKey(key)] = place }
  }

  private func place(of key: String) -> Int? {
    guard places.isEmpty else { return places[ByteExactKey(key)] }
    let wanted = ByteExactKey(key)
    return keys.firstIndex { ByteExactKey($0) == wanted }
  }

  package static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
    lhs.count == rhs.count && lhs.allSatisfy { key, value in rhs[key] == value }
  }
}

extension JSONObject: Sequence {
  package func makeIterator() -> some IteratorProtocol<(key: String, value: JSON)> {
    zip(keys, values).lazy.map { (key: $0, value: $1) }.makeIterator()
  }
}

/// A string that equals another only if their bytes do.
///
/// `String` compares by canonical equivalence, so a vocabulary that has both spellings of an
/// accented letter would look as if it had a key twice.
private struct ByteExactKey: Hashable {
  private let text: String

  init(_ text: String) { self.text = text }

  static func == (lhs: ByteExactKey, rhs: ByteExactKey) -> Bool {
    lhs.text.utf8.count == rhs.text.utf8.count && lhs.text.utf8.elementsEqual(rhs.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    let done: Void? = text.utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if done == nil { for byte in text.utf8 { hasher.combine(byte) } }
  }
}
