package import SafeIO

/// Rows that were looked at one by one: examples, and everything that a person should know of them.
package struct CheckedSplit: Sendable {
  /// A row, and the control token that its text spells.
  package struct Forgery: Sendable, Equatable {
    package var place: RowPlace
    package var token: String
  }

  /// What the rows are for: train, valid or test.
  package let name: String
  /// Where the rows stand.
  package let path: String
  package let rows: [LoadedRow]
  /// What can be trained on or evaluated; nothing of preference rows.
  package let examples: [Example]
  /// Of each example, where in `rows` its row stands.
  package let exampleRows: [Int]
  /// What preference training learns from.
  package let pairs: [PreferencePair]
  /// Of each pair, where in `rows` its row stands.
  package let pairRows: [Int]
  package let account: DataAccount
  /// What is wrong, in file order, at most as many as asked for.
  package let problems: [RowProblem]
  package let problemCount: Int
  package let lengths: LengthHistogram
  /// Rows that repeat an earlier one.
  package let duplicates: RowOverlap
  /// The first rows that lose answer tokens.
  package let losing: [RowPlace]
  /// The first rows that spell a control token.
  package let forgeries: [Forgery]
  /// The first rows, as many as asked for.
  package let masks: [MaskedRow]

  private static let exampleLimit = 5

  /// Looks at every row.
  ///
  /// - Parameters:
  ///   - name: What the rows are for.
  ///   - file: The rows and what is wrong with the others.
  ///   - builder: How rows become examples; its account must be empty.
  ///   - purpose: What the rows are for; those of no use to it are refused.
  ///   - maxProblems: How many problems are kept.
  ///   - maskCount: How many rows are shown with their masks.
  ///   - progress: Called now and then with the number of rows done.
  /// - Throws: `DatasetError.receipt`.
  package init(
    name: String, _ file: RowFile, builder: ExampleBuilder, purpose: RowPurpose = .answers,
    maxProblems: Int = DatasetError.reportLimit, maskCount: Int = 0,
    progress: (Int) -> Void = { _ in }
  ) throws(DatasetError) {
    var builder = builder
    var problems = file.problems
    problems.limit = maxProblems
    var examples: [Example] = []
    var exampleRows: [Int] = []
    var pairs: [PreferencePair] = []
    var pairRows: [Int] = []
    var lengths: [Int] = []
    var losing: [RowPlace] = []
    var forgeries: [Forgery] = []
    var masks: [MaskedRow] = []
    for (index, row) in file.rows.enumerated() {
      if forgeries.count < Self.exampleLimit,
        let token = builder.specialText.firstSpelling(in: row.row)
      {
        forgeries.append(Forgery(place: RowPlace(row), token: token))
      }
      let losses = builder.account.rowsLosingTargets
      do throws(RowProblem) {
        try builder.requireUse(of: row, for: purpose)
        let sides = try builder.tokenised(row)
        lengths.append(contentsOf: sides.map(\.ids.count))
        if sides.count == 1, let example = sides[0].example {
          examples.append(example)
          exampleRows.append(index)
        }
        if let pair = PreferencePair(sides) {
          pairs.append(pair)
          pairRows.append(index)
        }
        for side in sides where masks.count < maskCount {
          masks.append(MaskedRow(side, line: row.line, tokenizer: builder.tokenizer))
        }
      } catch {
        problems.add(error)
      }
      if builder.account.rowsLosingTargets > losses, losing.count < Self.exampleLimit {
        losing.append(RowPlace(row))
      }
      if index % 64 == 63 { progress(index + 1) }
    }
    builder.refuseUnread(file.problems.total)
    try builder.account.verify()
    self.name = name
    path = file.path
    rows = file.rows
    self.examples = examples
    self.exampleRows = exampleRows
    (self.pairs, self.pairRows) = (pairs, pairRows)
    account = builder.account
    self.problems = problems.sorted
    problemCount = problems.total
    self.lengths = LengthHistogram(lengths)
    duplicates = RowOverlap(within: file.rows)
    self.losing = losing
    self.forgeries = forgeries
    self.masks = masks
  }

  /// Throws what is wrong with the rows, or that none of them is left.
  package func requireUsable(maxLength: Int) throws(DatasetError) {
    guard problems.isEmpty else { throw .rows(problems, total: problemCount) }
    guard !rows.isEmpty else { throw .empty(path: path) }
    guard account.examples > 0 else {
      throw .nothingLeft(
        path: path, rows: rows.count, dropped: rows.count, maxLength: maxLength)
    }
  }

  package var json: JSON {
    [
      "file": JSON(path), "account": account.json, "lengths": lengths.json,
      "duplicates": JSON(duplicates.count),
      "duplicate_examples": JSON(duplicates.examples.map(\.json)),
      "rows_losing_targets": JSON(losing.map(\.json)),
      "special_text": JSON(
        forgeries.map { ["row": $0.place.json, "token": JSON($0.token)] }),
      "problems": JSON(problems.map(\.json)), "problem_count": JSON(problemCount),
      "masks": JSON(masks.map(\.json)),
    ]
  }
}

extension RowProblem {
  package var json: JSON {
    [
      "file": JSON(path), "line": JSON(line), "column": JSON(column), "code": JSON(code),
      "message": JSON(description), "hint": JSON(hint),
    ]
  }
}
