/// Unicode normalization form C, which the Qwen tokenizers ask for, as the `tokenizers` library
/// does it: with tables that are older than today's Unicode.
///
/// Our own, because Foundation's differs: on Linux it leaves marks that come apart unordered, takes some
/// characters beyond U+FFFF for those 65,536 below, and its tables change with its version.
enum Normalization {
  /// The composed form of `text`, or nil where that is `text` itself.
  ///
  /// Bytes that are not valid UTF-8 have no normal form and stay as they are.
  ///
  /// - Complexity: O(n log m) for n bytes with at most m marks in a row.
  static func composed(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let tables = NormalizationTables.shared
    // Below U+0300, which begins with 0xCC, nothing composes.
    guard text.contains(where: { $0 >= 0xCC }),
      let string = String(validating: text, as: UTF8.self),
      string.unicodeScalars.contains(where: { tables.isSensitive($0.value) })
    else { return nil }
    let result = Array(composed(string).utf8)
    return result.elementsEqual(text) ? nil : result
  }

  /// The composed form of `text`.
  static func composed(_ text: String) -> String {
    let tables = NormalizationTables.shared
    var apart: [Mark] = []
    apart.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars { decompose(scalar.value, tables, into: &apart) }
    order(&apart)
    var result = String.UnicodeScalarView()
    for point in compose(apart, tables) {
      if let scalar = Unicode.Scalar(point) { result.append(scalar) }
    }
    return String(result)
  }

  private struct Mark {
    var point: UInt32
    /// The combining class.
    var order: UInt8
  }

  private static func decompose(
    _ point: UInt32, _ tables: NormalizationTables, into result: inout [Mark]
  ) {
    guard point >= 0xC0, let parts = tables.parts(of: point) else {
      result.append(Mark(point: point, order: tables.combiningClass(point)))
      return
    }
    decompose(parts.first, tables, into: &result)
    if let second = parts.second { decompose(second, tables, into: &result) }
  }

  /// Orders the marks after each character by their classes; equal ones keep their order.
  private static func order(_ marks: inout [Mark]) {
    var start = 0
    while start < marks.count {
      guard marks[start].order != 0 else {
        start += 1
        continue
      }
      var end = start + 1
      var isOrdered = true
      while end < marks.count, marks[end].order != 0 {
        isOrdered = isOrdered && marks[end - 1].order <= marks[end].order
        end += 1
      }
      if !isOrdered {
        let sorted = marks[start..<end].enumerated()
          .sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
        marks.replaceSubrange(start..<end, with: sorted.map(\.element))
      }
      start = end
    }
  }

  /// Joins each character with the last one of class 0, unless a mark between them is in the way.
  private static func compose(_ marks: [Mark], _ tables: NormalizationTables) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(marks.count)
    var starter: Int?
    var last: UInt8 = 0
    for mark in marks {
      if let place = starter {
        let isNext = place == result.count - 1
        if isNext || last < mark.order, let whole = tables.composite(result[place], mark.point) {
          result[place] = whole
          continue
        }
      }
      if mark.order == 0 { starter = result.count }
      last = mark.order
      result.append(mark.point)
    }
    return result
  }
}
