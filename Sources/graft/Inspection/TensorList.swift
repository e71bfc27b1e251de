import ModelFiles
import SafeIO

/// The tensors of a file or directory: by type, and one by one.
struct TensorList {
  private static let shownAtEachEnd = 3

  let tensors: [StoredTensor]
  /// Whether every tensor is listed.
  let listsAll: Bool

  init(_ tensors: [StoredTensor], listsAll: Bool) {
    (self.tensors, self.listsAll) = (tensors, listsAll)
  }

  var parameterCount: Int { tensors.reduce(0) { $0 + $1.elementCount } }
  var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  var report: Report {
    var report = Report()
    report.set("tensor_count", JSON(tensors.count))
    report.set("tensor_bytes", JSON(byteCount))
    byType(&report)
    oneByOne(&report)
    return report
  }

  private func byType(_ report: inout Report) {
    var table = TextTable([
      "type", .number("tensors"), .number("numbers"), .number("bytes"), .number("bits each"),
    ])
    var list: [JSON] = []
    for type in StoredType.allCases {
      let some = tensors.filter { $0.type == type }
      if some.isEmpty { continue }
      let numbers = some.reduce(0) { $0 + $1.elementCount }
      let bytes = some.reduce(0) { $0 + $1.byteCount }
      table.add([
        type.rawValue, Quantity.count(some.count), Quantity.count(numbers), Quantity.bytes(bytes),
        Quantity.fixed(8 * Double(bytes) / Double(max(numbers, 1)), digits: 2),
      ])
      list.append([
        "type": JSON(type.rawValue), "tensors": JSON(some.count), "parameters": JSON(numbers),
        "bytes": JSON(bytes),
      ])
    }
    report.show(table)
    report.set("tensor_types", JSON(list))
  }

  private func oneByOne(_ report: inout Report) {
    let ends = Self.shownAtEachEnd
    let isShort = listsAll || tensors.count <= 2 * ends + 1
    var table = TextTable(["name", "shape", "type", .number("bytes")])
    func add(_ tensor: StoredTensor) {
      table.add([
        tensor.name, "\(tensor.shape)", tensor.type.rawValue, Quantity.bytes(tensor.byteCount),
      ])
    }
    report.show(text: "")
    for tensor in isShort ? tensors[...] : tensors.prefix(ends) { add(tensor) }
    if !isShort {
      table.add(["… \(tensors.count - 2 * ends) more, see --tensors"])
      tensors.suffix(ends).forEach(add)
    }
    report.show(table)
    guard listsAll else { return }
    report.set(
      "tensors",
      JSON(
        tensors.map { tensor -> JSON in
          [
            "name": JSON(tensor.name), "shape": JSON(tensor.shape),
            "type": JSON(tensor.type.rawValue), "bytes": JSON(tensor.byteCount),
          ]
        }))
  }
}
