import SafeIO

/// How one answer compares with its reference.
public struct RowScore: Sendable, Equatable {
  /// Whether the answer is the reference, spaces at the ends aside.
  public var isExact: Bool
  /// Whether the answer is JSON.
  public var isValidJSON: Bool
  /// Whether the answer is the reference as JSON.
  public var isExactObject: Bool
  package var fields: FieldF1
  /// ROUGE-L, F1.
  public var rougeL: Double
  /// Whether the answer begins with the reference's first line, spaces at its end aside.
  public var isFirstLineExact: Bool
  /// How the answer compares under a pattern; nil without one, or where the reference does not match.
  public var pattern: PatternScore?
  /// For each scalar at the top of a reference that is a JSON object, whether the answer has it.
  public var scalars: [String: Bool]

  /// Compares an answer with its reference.
  public init(prediction: String, reference: String, pattern: AnswerPattern? = nil) {
    isExact = ExactMatch.isMatch(prediction, reference)
    isValidJSON = JSONMatch.isValid(prediction)
    isExactObject = JSONMatch.isExactObject(prediction, reference)
    fields = FieldF1(prediction: prediction, reference: reference)
    rougeL = RougeL.f1(prediction, reference)
    isFirstLineExact = ExactMatch.isFirstLine(prediction, reference)
    self.pattern = pattern.flatMap {
      PatternScore(prediction: prediction, reference: reference, $0)
    }
    scalars = [:]
    var accuracy = FieldAccuracy()
    accuracy.add(prediction: prediction, reference: reference)
    for name in Self.scalarFields(of: reference) {
      scalars[name] = accuracy[name]?.correct == 1
    }
  }

  /// The keys at the top of a JSON object whose values are neither objects nor arrays.
  static func scalarFields(of reference: String) -> [String] {
    var names: [String] = []
    for (key, value) in JSONMatch.value(of: reference)?.object ?? JSONObject()
    where value.object == nil && value.array == nil {
      names.append(key)
    }
    return names
  }
}

/// What a system did with one row; nil where it was not asked, or was stopped before.
public struct RowOutcome: Sendable, Equatable {
  /// The row's loss.
  public var loss: LossSummary?
  /// The answer.
  public var prediction: String?
  /// How the answer compares.
  public var score: RowScore?

  /// An outcome.
  public init(loss: LossSummary? = nil, prediction: String? = nil, score: RowScore? = nil) {
    (self.loss, self.prediction, self.score) = (loss, prediction, score)
  }
}
