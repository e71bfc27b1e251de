import SafeIO

/// For each key at the top of the references, how often the answers have the same value there:
/// the accuracy of `intent` in `{"intent": …, "slots": {…}}`.
package struct FieldAccuracy: Sendable, Equatable {
  package struct Count: Sendable, Equatable {
    package var correct = 0
    package var total = 0

    package init(correct: Int = 0, total: Int = 0) {
      self.correct = correct
      self.total = total
    }

    package var accuracy: Double { total == 0 ? 0 : Double(correct) / Double(total) }
  }

  /// The keys in the order in which the references brought them up.
  package private(set) var fields: [String] = []
  private var counts: [String: Count] = [:]

  package init() {}

  package subscript(_ field: String) -> Count? { counts[field] }

  /// Adds one row; a reference that is not a JSON object adds nothing.
  package mutating func add(prediction: String, reference: String) {
    guard let wanted = JSONMatch.value(of: reference)?.object else { return }
    let found = JSONMatch.value(of: prediction)
    for (field, value) in wanted {
      if counts[field] == nil { fields.append(field) }
      let isCorrect = found?[field].map { JSONMatch.isEqual($0, value) } ?? false
      counts[field, default: Count()].total += 1
      counts[field, default: Count()].correct += isCorrect ? 1 : 0
    }
  }
}
