public import SafeIO

/// Why a dataset is refused.
public enum DatasetError: UserFacingError, Equatable {
  /// Rows that cannot be used: the first `DatasetError.reportLimit` of `total`, in file order.
  case rows([RowProblem], total: Int)
  /// A file without rows.
  case empty(path: String)
  /// A file without text.
  case emptyText(path: String)
  /// A file of text with a NUL, which no text has.
  case binary(path: String, offset: Int)
  /// Rows there were, but none with a text where one is looked for.
  case noText(path: String, rows: Int, field: String?)
  /// Rows there were, but the policies left none of them.
  case nothingLeft(path: String, rows: Int, dropped: Int, maxLength: Int)
  /// Rows of more than one format where one was asked for: the first line of each.
  case mixedFormats(path: String, firstLines: [FormatLine])
  /// A directory without the file that is needed.
  case missingFile(directory: String, names: [String])
  /// A file of tokens that is not whole, or none.
  case tokenStore(path: String, why: String)

  /// A source tree that gives no rows.
  case noCode(path: String)
  /// Splits that share rows, where that is forbidden.
  case leak(split: String, other: String, rows: Int)
  /// Counts that should add up and do not: a mistake of the program.
  case receipt(column: String, total: Int, sum: Int)

  /// A format, and the first line that has it.
  public struct FormatLine: Sendable, Equatable {
    /// The format.
    public var format: Row.Format
    /// 1-based.
    public var line: Int
  }

  /// How many problems of a file are collected before reading on is given up.
  public static let reportLimit = 20

  /// The class of the failure.
  public var failureClass: FailureClass { .dataset }

  /// The stable short name.
  public var code: String {
    switch self {
    case .rows(let problems, _): problems.first?.code ?? "DATA.SCHEMA"
    case .empty, .emptyText, .nothingLeft: "DATA.EMPTY"
    case .binary: "DATA.BINARY"
    case .noText: "DATA.SCHEMA"
    case .mixedFormats: "DATA.SCHEMA"
    case .missingFile: "DATA.MISSING"
    case .tokenStore: "DATA.TOKENS"
    case .receipt: "DATA.RECEIPT"
    case .leak: "DATA.LEAK"
    case .noCode: "DATA.EMPTY"
    }
  }

  /// What happened, with file and line.
  public var description: String {
    switch self {
    case .rows(let problems, _):
      return problems.first?.description ?? "rows that cannot be used"
    case .empty(let path):
      return "\(path.escapedForMessage(limit: 1000)):1:1: the file has no rows"
    case .emptyText(let path):
      return "\(path.escapedForMessage(limit: 1000)): the file is empty"
    case .binary(let path, let offset):
      return "\(path.escapedForMessage(limit: 1000)): byte \(offset) is NUL, so this is no text"
    case .noText(let path, let rows, let field):
      let place =
        field.map { "a text under '\($0.escapedForMessage())'" }
        ?? "a text, prompt, completion or messages"
      return "\(path.escapedForMessage(limit: 1000)): none of \(rows) rows has \(place)"
    case .nothingLeft(let path, let rows, let dropped, let maxLength):
      return "\(path.escapedForMessage(limit: 1000)):1:1: none of \(rows) rows is left, "
        + "\(dropped) are longer than \(maxLength) tokens"
    case .mixedFormats(let path, let firstLines):
      let list = firstLines.map { "\($0.format.rawValue) from line \($0.line)" }
      let second = firstLines.dropFirst().first?.line ?? 1
      return "\(path.escapedForMessage(limit: 1000)):\(second):1: more than one row format: "
        + list.joined(separator: ", ")
    case .tokenStore(let path, let why):
      return "\(path.escapedForMessage(limit: 1000)): not a file of tokens: \(why)"
    case .missingFile(let directory, let names):
      return "\(directory.escapedForMessage(limit: 1000)): has no "
        + names.joined(separator: " or ")
    case .noCode(let path):
      return "\(path.escapedForMessage(limit: 1000)): has no source code that makes a row"
    case .leak(let split, let other, let rows):
      return "\(rows) rows of \(split) are in \(other) too, exactly or nearly"
    case .receipt(let column, let total, let sum):
      return "the receipt does not add up: \(total) \(column), but \(sum) in its columns"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .rows(let problems, let total):
      guard let first = problems.first else { return nil }
      return total > 1 ? "\(first.hint) \(others(problems.dropFirst(), total: total))" : first.hint
    case .empty: return "Write one JSON object a line."
    case .emptyText: return "Leave the file out."
    case .binary:
      return "Give text in UTF-8; UTF-16 and compressed files must be converted first."
    case .noText: return "Name the key that holds the text with --field."
    case .nothingLeft: return "Raise --max-length, or choose --overlong truncate."
    case .mixedFormats: return "Split the file by format."
    case .tokenStore: return "Delete it: it is made again from the text."
    case .missingFile: return "Give a directory with train.jsonl, or one .jsonl file."
    case .noCode: return "Give the directory of a project; see what was left out in the report."
    case .leak: return "Remove them from one of the two, or leave out --forbid-leak."
    case .receipt:
      return "This is a defect of graft; please report it with the command that you ran."
    }
  }

  /// The other places, so that one run of the command is enough to mend the file.
  private func others(_ problems: ArraySlice<RowProblem>, total: Int) -> String {
    let places = problems.map { "\($0.line):\($0.column) \($0.code)" }
    let unnamed = total - 1 - places.count
    return "\(total - 1) more: \(places.joined(separator: ", "))"
      + (unnamed > 0 ? " and \(unnamed) others." : ".")
  }
}
