/// An array as the network writes it; schemas are numbers, sorted, which all hold.
struct ArraySpec: Hashable {
  var prefix: [[Int]]
  var items: [Int]
  var minimum: Int
  var maximum: Int?

  /// The most elements that are written where the schema sets no lower bound so high; counting takes
  /// states.
  static let mostItems = 1024

  init(_ conjunct: Conjunct) {
    let length = conjunct.items.map(\.prefix.count).max() ?? 0
    prefix = (0..<length).map { conjunct.schemas(ofItem: $0) }
    items = conjunct.schemas(ofItem: length)
    minimum = conjunct.minimumItems
    maximum = conjunct.maximumItems.map { min($0, max(minimum, length, Self.mostItems)) }
    // Beyond the elements that are counted all are alike.
    while let last = prefix.last, last == items { prefix.removeLast() }
  }

  func schemas(at place: Int) -> [Int] { place < prefix.count ? prefix[place] : items }
}

/// An object as the network writes it: its properties in the order of the schema, then others.
struct ObjectSpec: Hashable {
  struct Property: Hashable {
    /// The key as JSON, so that keys are compared by their bytes.
    var key: [UInt8]
    var name: String
    var schemas: [Int]
    var isRequired: Bool
  }

  var properties: [Property] = []
  /// What other properties must satisfy; nil if there are none.
  var additional: [Int]?
  var minimum: Int
  var maximum: Int?
}
