package import SafeIO

/// The figures of one system, or the differences of two, each with its interval.
public struct Scores: Sendable, Equatable {
  /// One figure.
  public struct Entry: Sendable, Equatable {
    /// What it is a figure of.
    public var figure: Figure
    /// Its value, and the interval of 95 %.
    public var interval: Bootstrap.Interval
    /// Rows that the figure is computed from.
    public var rows: Int
  }

  /// The figures, in the order of `Comparison.figures`.
  public var entries: [Entry]

  /// The entry of a figure, nil where no row has what it needs.
  public subscript(_ figure: Figure) -> Entry? { entries.first { $0.figure == figure } }

  /// The figures of a system, those that no row has what they need for left out.
  public init(_ rows: [RowOutcome], figures: [Figure], bootstrap: Bootstrap = Bootstrap()) {
    entries = figures.compactMap { figure in
      let covered = rows.filter(figure.covers)
      return Self.entry(figure, covered.count, bootstrap) { figure.value(covered, $0) }
    }
  }

  /// How much a system's figures exceed another's, on the rows that both have done.
  public init(
    of rows: [RowOutcome], over others: [RowOutcome], figures: [Figure],
    bootstrap: Bootstrap = Bootstrap()
  ) {
    entries = figures.compactMap { figure in
      let pairs = zip(rows, others).filter { figure.covers($0.0) && figure.covers($0.1) }
      let (own, other) = (pairs.map(\.0), pairs.map(\.1))
      return Self.entry(figure, pairs.count, bootstrap) {
        figure.value(own, $0) - figure.value(other, $0)
      }
    }
  }

  private static func entry(
    _ figure: Figure, _ rows: Int, _ bootstrap: Bootstrap, _ statistic: ([Int]) -> Double
  ) -> Entry? {
    // Intervals of very many rows are narrow enough with fewer draws.
    var bootstrap = bootstrap
    bootstrap.resamples = min(bootstrap.resamples, max(200, 20_000_000 / max(rows, 1)))
    return bootstrap.interval(rowCount: rows, statistic: statistic)
      .map { Entry(figure: figure, interval: $0, rows: rows) }
  }

  /// The figures as numbers, `field_accuracy` as an object, and under `intervals` their bounds.
  package var json: JSONObject {
    var json = JSONObject()
    var (fields, bounds) = (JSONObject(), JSONObject())
    var fieldBounds = JSONObject()
    for entry in entries {
      let interval = entry.interval
      let pair: JSON = [JSON(interval.lower), JSON(interval.upper)]
      if case .field = entry.figure {
        fields[entry.figure.key] = JSON(interval.estimate)
        fieldBounds[entry.figure.key] = pair
      } else {
        json[entry.figure.key] = JSON(interval.estimate)
        bounds[entry.figure.key] = pair
      }
    }
    if !fields.isEmpty {
      json["field_accuracy"] = JSON(fields)
      bounds["field_accuracy"] = JSON(fieldBounds)
    }
    json["intervals"] = JSON(bounds)
    json["loss_rows"] = JSON(self[.loss]?.rows ?? 0)
    json["answer_rows"] = JSON(entries.first { !$0.figure.isOfLoss }?.rows ?? 0)
    return json
  }
}
