public import SafeIO

/// A question with several answers, one of which is right: `{"query", "choices", "gold"}`.
public struct ChoiceRow: Sendable, Equatable {
  /// What the file calls the row, the line where it has no `id`.
  public var id: String
  /// What the answers continue.
  public var query: String
  /// The answers.
  public var choices: [String]
  /// Which of them is right.
  public var gold: Int

  /// A row.
  public init(id: String, query: String, choices: [String], gold: Int) {
    (self.id, self.query, self.choices, self.gold) = (id, query, choices, gold)
  }

  /// Whether the first line of a file is such a row.
  public static func isIn(_ path: String) throws -> Bool {
    struct Stop: Error {}
    var isChoice = false
    do {
      try JSONLines.forEach(path: path) { _, bytes in
        let json = try? JSON(parsing: bytes)
        isChoice = json?["query"] != nil && json?["choices"] != nil
        throw Stop()
      }
    } catch is Stop {}
    return isChoice
  }

  /// The rows of a file.
  ///
  /// - Throws: `ChoiceError` with file and line; a `UserFacingError` for a file that cannot be read.
  public static func rows(path: String) throws -> [ChoiceRow] {
    var rows: [ChoiceRow] = []
    try JSONLines.forEach(path: path) { line, bytes in
      rows.append(try row(bytes, path, line))
    }
    guard !rows.isEmpty else { throw ChoiceError.row(path: path, line: 1, problem: "no rows") }
    return rows
  }

  private static func row(_ bytes: [UInt8], _ path: String, _ line: Int) throws(ChoiceError)
    -> ChoiceRow
  {
    func wrong(_ problem: String) -> ChoiceError {
      .row(path: path, line: line, problem: problem)
    }
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes)
    } catch {
      throw wrong(error.explanation)
    }
    guard let object = json.object else { throw wrong("a row must be an object") }
    let known = ["id", "query", "choices", "gold"]
    if let key = object.keys.first(where: { !known.contains($0) }) {
      throw wrong("unknown key '\(key.escapedForMessage())'")
    }
    guard let query = json["query"]?.string else { throw wrong("'query' must be a string") }
    guard let choices = json["choices"]?.array?.compactMap(\.string), choices.count >= 2,
      choices.count == json["choices"]?.array?.count, !choices.contains("")
    else { throw wrong("'choices' must be at least two strings, none of them empty") }
    guard let gold = json["gold"]?.int, choices.indices.contains(gold) else {
      throw wrong("'gold' must be the place of one of the \(choices.count) choices, from 0")
    }
    let id = json["id"]?.string ?? json["id"]?.int.map { "\($0)" } ?? "\(line)"
    return ChoiceRow(id: id, query: query, choices: choices, gold: gold)
  }
}

/// Why rows of choices are refused.
public enum ChoiceError: UserFacingError, Equatable {
  /// A line that is none.
  case row(path: String, line: Int, problem: String)
  /// A question and an answer that the model has no room for.
  case tooLong(id: String, tokens: Int, context: Int)

  /// The class of the failure.
  public var failureClass: FailureClass { .dataset }

  /// The stable short name.
  public var code: String {
    switch self {
    case .row: "DATA.CHOICES"
    case .tooLong: "DATA.LONG"
    }
  }

  /// What happened, with file and line.
  public var description: String {
    switch self {
    case .row(let path, let line, let problem):
      "\(path.escapedForMessage(limit: 1000)):\(line): \(problem)"
    case .tooLong(let id, let tokens, let context):
      "row \(id.escapedForMessage()) has \(tokens) tokens; the model's context is \(context)"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .row: "Rows are {\"query\": text, \"choices\": [text, …], \"gold\": index}."
    case .tooLong: "Leave the row out."
    }
  }
}
