import SafeIO

extension RowDecoder {
  /// A row that somebody else tokenised.
  mutating func tokens(_ json: JSON) throws(RowProblem) -> Row {
    guard let object = json.object, let idList = json["input_ids"] else {
      throw missing("input_ids", in: json)
    }
    guard let labelList = json["labels"] else { throw missing("labels", in: json) }
    ignore(all: object, but: ["input_ids", "labels", "attention_mask"])
    let ids = try integers(idList, "input_ids", allowed: 0...Int32.max)
    let labels = try integers(labelList, "labels", allowed: -100...Int32.max)
    guard ids.count == labels.count else {
      throw schema(
        at: labelList, "labels", "as many as input_ids, \(ids.count)", found: "\(labels.count)")
    }
    if let mask = json["attention_mask"] {
      let values = try integers(mask, "attention_mask", allowed: 0...1)
      guard values.count == ids.count, values.allSatisfy({ $0 == 1 }) else {
        throw schema(
          at: mask, "attention_mask", "only ones, \(ids.count) of them", found: "padding")
      }
    }
    return .tokens(ids: ids, labels: labels)
  }

  /// Integers in `allowed`; below zero only the -100 of masked labels.
  private func integers(
    _ json: JSON, _ place: String, allowed: ClosedRange<Int32>
  ) throws(RowProblem) -> [Int32] {
    guard let array = json.array else { throw mismatch(place, "an array of integers", json) }
    var result: [Int32] = []
    result.reserveCapacity(array.count)
    for (index, element) in array.enumerated() {
      guard let value = element.int, let narrow = Int32(exactly: value), allowed.contains(narrow),
        narrow >= 0 || narrow == Example.ignored
      else {
        let expected =
          allowed.lowerBound < 0
          ? "a token id or -100" : allowed.upperBound == 1 ? "0 or 1" : "a token id"
        throw mismatch("\(place)[\(index)]", expected, element)
      }
      result.append(narrow)
    }
    return result
  }
}
