/// The text format in which Prometheus reads metrics.
struct PrometheusText {
  private(set) var text = ""

  mutating func family(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  mutating func sample(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
    let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    text += "\(name)\(labels.isEmpty ? "" : "{\(pairs)}") \(Self.number(value))\n"
  }

  mutating func single(_ name: String, _ type: String, _ help: String, _ value: Int) {
    family(name, type, help)
    sample(name, Double(value))
  }

  mutating func histogram(_ name: String, _ help: String, _ histogram: ServerMetrics.Histogram) {
    family(name, "histogram", help)
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      sample("\(name)_bucket", Double(count), [("le", Self.number(bound))])
    }
    sample("\(name)_bucket", Double(histogram.count), [("le", "+Inf")])
    sample("\(name)_sum", histogram.sum)
    sample("\(name)_count", Double(histogram.count))
  }

  private static func number(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    text.map {
      switch $0 {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n": "\\n"
      default: String($0)
      }
    }.joined()
  }
}
