/// A number that sums up how a system did on some rows.
public enum Figure: Sendable, Hashable {
  /// Mean cross-entropy, nats per supervised token; its exponential; bits per byte of supervised text.
  case loss, perplexity, bitsPerByte
  /// A figure of the answers.
  case metric(Metric)
  /// The share of rows whose answer has the reference's value under this key.
  case field(String)
  /// The share of answers that match the pattern.
  case patternMatch
  /// The share of answers whose text in this group of the pattern is the reference's.
  case group(String)
  /// ROUGE-L of the text in this group of the pattern, the mean F1.
  case groupRougeL(String)

  /// What generated answers are measured by.
  public enum Metric: String, Sendable, CaseIterable {
    /// The share of answers that are the reference, spaces at the ends aside.
    case exactMatch = "exact_match"
    /// The share of answers whose first line is the reference's, as one completes a line of code.
    case firstLine = "first_line"
    /// The share of answers that are JSON.
    case validJSON = "json_valid"
    /// The share of answers that are the reference as JSON.
    case exactJSON = "json_exact"
    /// Precision and recall over the objects' fields, all rows together.
    case fieldF1 = "field_f1"
    /// For each scalar field, the share of answers that have its value.
    case fieldAccuracy = "field_accuracy"
    /// ROUGE-L, the mean F1.
    case rougeL = "rouge_l"

    /// Whether it means something only where the references are JSON objects.
    public var needsObjects: Bool {
      self != .exactMatch && self != .firstLine && self != .rougeL
    }
  }

  /// Whether it is computed from losses, and not from answers.
  public var isOfLoss: Bool {
    switch self {
    case .loss, .perplexity, .bitsPerByte: true
    case .metric, .field, .patternMatch, .group, .groupRougeL: false
    }
  }

  /// Whether a row has what the figure is computed from.
  package func covers(_ row: RowOutcome) -> Bool {
    switch self {
    case .loss, .perplexity: (row.loss?.tokens ?? 0) > 0
    case .bitsPerByte: (row.loss?.bytes ?? 0) > 0
    case .metric: row.score != nil
    case .field(let name): row.score?.scalars[name] != nil
    case .patternMatch: row.score?.pattern != nil
    case .group(let name), .groupRougeL(let name): row.score?.pattern?.equal[name] != nil
    }
  }

  /// The figure of the rows with these numbers, each of which it covers; rows may occur several times.
  package func value(_ rows: [RowOutcome], _ sample: [Int]) -> Double {
    switch self {
    case .loss: return summary(rows, sample).loss ?? .nan
    case .perplexity: return summary(rows, sample).perplexity ?? .nan
    case .bitsPerByte: return summary(rows, sample).bitsPerByte ?? .nan
    case .metric(.fieldF1):
      var total = FieldF1()
      for index in sample { if let fields = rows[index].score?.fields { total += fields } }
      return total.f1
    default:
      return sample.reduce(0) { $0 + share(rows[$1].score) } / Double(max(1, sample.count))
    }
  }

  private func summary(_ rows: [RowOutcome], _ sample: [Int]) -> LossSummary {
    var total = LossSummary()
    for index in sample { if let loss = rows[index].loss { total += loss } }
    return total
  }

  private func share(_ score: RowScore?) -> Double {
    guard let score else { return 0 }
    let isRight: Bool
    switch self {
    case .metric(.exactMatch): isRight = score.isExact
    case .metric(.firstLine): isRight = score.isFirstLineExact
    case .metric(.validJSON): isRight = score.isValidJSON
    case .metric(.exactJSON): isRight = score.isExactObject
    case .metric(.rougeL): return score.rougeL
    case .field(let name): isRight = score.scalars[name] ?? false
    case .patternMatch: isRight = score.pattern?.isMatch ?? false
    case .group(let name): isRight = score.pattern?.equal[name] ?? false
    case .groupRougeL(let name): return score.pattern?.rougeL[name] ?? 0
    default: isRight = false
    }
    return isRight ? 1 : 0
  }

  /// What reports call it.
  public var key: String {
    switch self {
    case .loss: "loss"
    case .perplexity: "perplexity"
    case .bitsPerByte: "bits_per_byte"
    case .metric(let metric): metric.rawValue
    case .field(let name): name
    case .patternMatch: "pattern_match"
    case .group(let name): "group_\(name)"
    case .groupRougeL(let name): "group_\(name)_rouge_l"
    }
  }
}
