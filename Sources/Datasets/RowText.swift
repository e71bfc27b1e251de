import SafeIO

/// The text of one row of a JSONL file.
struct RowText {
  let path: String
  let line: Int
  /// The key that holds it, or nil to look for it.
  let field: String?

  /// The text of the row, or nothing where it has none.
  func text(of bytes: [UInt8]) throws -> [UInt8] {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes, limits: .init(depth: 64, bytes: RowReader.maxLineBytes))
    } catch {
      throw DatasetError.rows(
        [
          RowProblem(
            path: path, line: line, column: error.position.column,
            .json(error.reason, lastLineUnfinished: false))
        ], total: 1)
    }
    if let field { return Array((json[field]?.string ?? "").utf8) }
    if let text = json.string ?? json["text"]?.string { return Array(text.utf8) }
    return Array(Self.spoken(json).joined(separator: "\n").utf8)
  }

  /// What a training row says, in the order in which the model sees it.
  private static func spoken(_ row: JSON) -> [String] {
    func strings(_ value: JSON?) -> [String] {
      if let text = value?.string { return [text] }
      return (value?.array ?? []).compactMap { $0["content"]?.string }
    }
    return ["prompt", "completion", "messages"].flatMap { strings(row[$0]) }
  }
}
