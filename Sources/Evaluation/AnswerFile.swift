import SafeIO

/// Answers to rows, one JSON object a line: `line` or `id`, `reference`, and the answer of each system.
public struct AnswerFile: Sendable, Equatable {
  /// One row's answers.
  public struct Row: Sendable, Equatable {
    /// What identifies the row.
    public var key: String
    /// What the answer should have been.
    public var reference: String
    /// The answer.
    public var answer: String
  }

  /// The rows in the file's order.
  public let rows: [Row]
  /// Whose answers were read: the key in the file.
  public let system: String

  /// The keys that an answer may stand under, the first that a row has is taken.
  public static let systems = ["adapter", "base", "answer"]
  private static let maxLineBytes = 64 << 20

  /// Reads the answers of one system.
  ///
  /// - Parameters:
  ///   - path: What `graft evaluate --predictions` or another program wrote.
  ///   - system: The key of the answers; nil takes the first of `systems` that the first row has.
  /// - Throws: `EvaluationError.answerFile`, `IOFailure`.
  public init(path: String, system: String? = nil) throws {
    var rows: [Row] = []
    var chosen = system
    var keys: Set<String> = []
    try JSONLines.forEach(path: path, maxLineBytes: Self.maxLineBytes) { line, bytes in
      func refuse(_ reason: String) -> EvaluationError {
        .answerFile(path: path, line: line, reason: reason)
      }
      let json: JSON
      do { json = try JSON(parsing: bytes) } catch { throw refuse("\(error)") }
      guard json.object != nil else { throw refuse("expected a JSON object") }
      guard let reference = json["reference"]?.string else {
        throw refuse("no text under reference")
      }
      let name = chosen ?? Self.systems.first { json[$0]?.string != nil }
      guard let name else {
        throw refuse("no answer under \(Self.systems.joined(separator: ", "))")
      }
      chosen = name
      guard let answer = json[name]?.string else {
        throw refuse("no text under \(name.escapedForMessage(limit: 40))")
      }
      guard let key = (json["line"] ?? json["id"])?.serialized() else {
        throw refuse("neither line nor id")
      }
      guard keys.insert(key).inserted else {
        throw refuse("row \(key.escapedForMessage(limit: 60)) is there twice")
      }
      rows.append(Row(key: key, reference: reference, answer: answer))
    }
    guard let chosen, !rows.isEmpty else {
      throw EvaluationError.answerFile(path: path, line: 1, reason: "no answers")
    }
    (self.rows, self.system) = (rows, chosen)
  }
}

/// Two systems' answers to the same rows.
public struct AnswerComparison {
  /// What was compared.
  public let figures: [Figure]
  /// The first system's figures, the second's, and the second's less the first's.
  public let first: Scores, second: Scores, difference: Scores
  /// Rows that both answered.
  public let rowCount: Int

  /// Compares answers row by row.
  ///
  /// - Parameters:
  ///   - first: The answers, and the name of their file for a message.
  ///   - second: Those that are compared with them.
  ///   - metrics: nil takes those that suit the references.
  ///   - pattern: What answers should look like.
  ///   - bootstrap: How intervals are drawn.
  /// - Throws: `EvaluationError.otherRows` unless both have the same rows and references;
  ///   `EvaluationError.patternMatchesNothing`.
  public init(
    _ first: (name: String, file: AnswerFile), _ second: (name: String, file: AnswerFile),
    metrics: [Figure.Metric]? = nil, pattern: AnswerPattern? = nil,
    bootstrap: Bootstrap = Bootstrap()
  ) throws(EvaluationError) {
    func refuse(_ reason: String) -> EvaluationError {
      .otherRows(first: first.name, second: second.name, reason: reason)
    }
    let (rows, others) = (first.file.rows, second.file.rows)
    guard rows.count == others.count else {
      throw refuse("\(rows.count) rows and \(others.count)")
    }
    // Keys are unique in each file.
    let places = Dictionary(
      uniqueKeysWithValues: others.enumerated().map { ($0.element.key, $0.offset) })
    var outcomes: (first: [RowOutcome], second: [RowOutcome]) = ([], [])
    for row in rows {
      let key = row.key.escapedForMessage(limit: 60)
      guard let place = places[row.key] else { throw refuse("only one has row \(key)") }
      let other = others[place]
      guard other.reference.utf8.elementsEqual(row.reference.utf8) else {
        throw refuse("row \(key) has two references")
      }
      outcomes.first.append(RowOutcome(row.answer, row.reference, pattern))
      outcomes.second.append(RowOutcome(other.answer, other.reference, pattern))
    }
    figures = try Comparison.figures(
      references: rows.map(\.reference), metrics, pattern: pattern
    ).filter { !$0.isOfLoss }
    self.first = Scores(outcomes.first, figures: figures, bootstrap: bootstrap)
    self.second = Scores(outcomes.second, figures: figures, bootstrap: bootstrap)
    difference = Scores(
      of: outcomes.second, over: outcomes.first, figures: figures, bootstrap: bootstrap)
    rowCount = rows.count
  }
}

extension RowOutcome {
  /// An answer and how it compares.
  init(_ answer: String, _ reference: String, _ pattern: AnswerPattern?) {
    self.init(
      prediction: answer,
      score: RowScore(prediction: answer, reference: reference, pattern: pattern))
  }
}
