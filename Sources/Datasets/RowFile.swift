/// What a file of rows holds: the rows, and what is wrong with the lines that are none.
package struct RowFile: Sendable {
  package let path: String
  package var rows: [LoadedRow]
  var problems: ProblemList

  /// Rows that are known to be such.
  package init(path: String, rows: [LoadedRow]) {
    self.init(path: path, rows: rows, problems: ProblemList())
  }

  init(path: String, rows: [LoadedRow], problems: ProblemList) {
    self.path = path
    self.rows = rows
    self.problems = problems
  }

  /// Throws what is wrong with the file.
  package func requireWhole() throws(DatasetError) {
    try problems.throwIfAny()
    if rows.isEmpty { throw .empty(path: path) }
  }
}

/// Problems of one file: the first few in full, the rest counted.
struct ProblemList: Sendable {
  private(set) var total = 0
  /// How many are kept.
  var limit = DatasetError.reportLimit
  private var problems: [RowProblem] = []

  init(limit: Int = DatasetError.reportLimit) { self.limit = limit }

  /// By file, in the order of their lines.
  var sorted: [RowProblem] {
    problems.sorted { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }
  }

  mutating func add(_ problem: RowProblem) {
    total += 1
    if problems.count < limit { problems.append(problem) }
  }

  /// Adds the problems of another file.
  mutating func add(_ other: ProblemList) {
    let kept = other.problems.prefix(max(0, limit - problems.count))
    problems += kept
    total += other.total
  }

  /// Notes that `line` had no line feed: what it lacks may have been cut off.
  mutating func markUnfinished(line: Int) {
    guard let index = problems.lastIndex(where: { $0.line == line }),
      case .json(let reason, _) = problems[index].kind
    else { return }
    problems[index].kind = .json(reason, lastLineUnfinished: true)
  }

  func throwIfAny() throws(DatasetError) {
    if total > 0 { throw DatasetError.rows(problems, total: total) }
  }
}
