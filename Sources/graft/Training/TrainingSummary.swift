import Autodiff
import SafeIO
import TensorCore
import Training

/// What a run came to so far.
struct TrainingSummary {
  let steps: Int
  var completed = 0
  var firstLoss: Double?
  var validationLoss: Double?
  /// The lowest validation loss, and the step after which it was measured.
  var bestLoss: Double?
  var bestStep: Int?
  /// SHA-256 of the file of trained weights.
  var hash: String?
  /// `adapter` or `model`.
  let product: String
  /// Seconds that the run took in all its processes, from before its first step until the result was saved.
  ///
  /// Steps, validations, samples and saving; loading, measuring and the page at the end are not in it.
  var elapsed = 0.0
  private var recent: [Double] = []
  private var seconds = 0.0
  private var tokens = 0
  private var totalTokens = 0

  init(steps: Int, product: String) {
    (self.steps, self.product) = (steps, product)
  }

  mutating func add(_ record: StepRecord) {
    completed = record.step
    firstLoss = firstLoss ?? record.loss
    recent.append(record.loss)
    if recent.count > 20 { recent.removeFirst() }
    validationLoss = record.validationLoss ?? validationLoss
    if let loss = record.validationLoss, loss < bestLoss ?? .infinity {
      (bestLoss, bestStep) = (loss, record.step)
    }
    seconds += record.seconds
    tokens += record.tokens
    totalTokens += record.totalTokens
  }

  /// The mean loss of the last steps, at most 20.
  var recentLoss: Double? {
    recent.isEmpty ? nil : recent.reduce(0, +) / Double(recent.count)
  }

  /// What the progress line says of a step.
  func detail(_ record: StepRecord) -> String {
    let preference = record.preference.map {
      "  margin \(Quantity.fixed($0.margin, digits: 4))  accuracy \(Quantity.fixed($0.accuracy, digits: 2))"
    }
    return "loss \(Quantity.fixed(record.loss, digits: 4))\(preference ?? "")  \(rateText)"
  }

  /// Supervised tokens per second over the whole run.
  var rateText: String {
    Quantity.rate(Double(tokens) / max(seconds, 1e-9), of: "supervised tokens")
  }

  var json: JSONObject {
    var object = JSONObject()
    object["steps"] = JSON(completed)
    object["planned_steps"] = JSON(steps)
    if let firstLoss { object["first_loss"] = JSON(firstLoss) }
    if let recentLoss { object["recent_loss"] = JSON(recentLoss) }
    if let validationLoss { object["valid_loss"] = JSON(validationLoss) }
    if let bestLoss { object["best_valid_loss"] = JSON(bestLoss) }
    if let bestStep { object["best_step"] = JSON(bestStep) }
    object["tokens"] = JSON(tokens)
    object["total_tokens"] = JSON(totalTokens)
    object["seconds"] = JSON(seconds)
    object["elapsed_seconds"] = JSON(elapsed)
    object["tokens_per_second"] = JSON(Double(tokens) / max(seconds, 1e-9))
    object["total_tokens_per_second"] = JSON(Double(totalTokens) / max(seconds, 1e-9))
    object["peak_memory_bytes"] = JSON(ProcessMemory.peakBytes)
    if let hash { object["\(product)_sha256"] = JSON(hash) }
    return object
  }
}

extension TrainingSummary {
  /// What a run that goes on has to know.
  var progress: JSONObject {
    var object = JSONObject()
    object["steps"] = JSON(completed)
    object["first_loss"] = firstLoss.map { JSON($0) }
    object["recent"] = JSON(recent.map { JSON($0) })
    object["valid_loss"] = validationLoss.map { JSON($0) }
    object["best_valid_loss"] = bestLoss.map { JSON($0) }
    object["best_step"] = bestStep.map { JSON($0) }
    object["tokens"] = JSON(tokens)
    object["total_tokens"] = JSON(totalTokens)
    object["seconds"] = JSON(seconds)
    object["elapsed"] = JSON(elapsed)
    return object
  }

  /// Goes on with what `progress` said.
  mutating func restore(_ progress: JSONObject) {
    completed = progress["steps"]?.int ?? 0
    firstLoss = progress["first_loss"]?.double
    recent = (progress["recent"]?.array ?? []).compactMap(\.double)
    validationLoss = progress["valid_loss"]?.double
    bestLoss = progress["best_valid_loss"]?.double
    bestStep = progress["best_step"]?.int
    tokens = progress["tokens"]?.int ?? 0
    totalTokens = progress["total_tokens"]?.int ?? 0
    seconds = progress["seconds"]?.double ?? 0
    elapsed = progress["elapsed"]?.double ?? seconds
  }
}

/// What is printed at the end of a run.
enum TrainingReport {
  static func text(_ summary: JSONObject) -> String {
    func number(_ key: String, _ digits: Int) -> String {
      summary[key]?.double.map { Quantity.fixed($0, digits: digits) } ?? "–"
    }
    let seconds = summary["seconds"]?.double ?? 0
    let supervised = Quantity.rate(
      summary["tokens_per_second"]?.double ?? 0, of: "supervised tokens")
    let all = Quantity.rate(summary["total_tokens_per_second"]?.double ?? 0, of: "tokens")
    var lines = [
      "steps    \(summary["steps"]?.int ?? 0) of \(summary["planned_steps"]?.int ?? 0), \(Quantity.duration(seconds)), \(supervised), \(all)",
      "loss     \(number("first_loss", 4)) at the first step, \(number("recent_loss", 4)) over the last 20",
    ]
    if summary["valid_loss"] != nil { lines.append("valid    \(number("valid_loss", 4))") }
    lines.append("memory   \(Quantity.bytes(summary["peak_memory_bytes"]?.int ?? 0)) at most")
    if let forecast = RunForecast.text(summary["forecast"]) { lines.append("forecast \(forecast)") }
    for kind in ["adapter", "model"] {
      if let path = summary[kind]?.string { lines.append("\(kind.padded(to: 8)) \(path)") }
    }
    if let report = summary["report"]?.string { lines.append("report   \(report)") }
    if let command = summary["resume_command"]?.string {
      lines.append("stopped  before the last step; what was trained so far is saved")
      lines.append("resume   \(command)")
    }
    return lines.joined(separator: "\n")
  }

  /// Seconds by operation, the most expensive first, on stderr.
  static func printProfile(_ profile: OperationProfile) {
    let total = profile.entries.values.reduce(0) { $0 + $1.forward + $1.backward }
    StandardError.line("operation              calls   forward  backward   share")
    let rows = profile.entries.sorted {
      ($0.value.forward + $0.value.backward, $1.key) > (
        $1.value.forward + $1.value.backward, $0.key
      )
    }
    for (name, entry) in rows {
      let share = 100 * (entry.forward + entry.backward) / max(total, 1e-9)
      let cells = [
        name.padded(to: 20), "\(entry.calls)".padded(to: 7, left: true),
        Quantity.fixed(entry.forward, digits: 2).padded(to: 9, left: true),
        Quantity.fixed(entry.backward, digits: 2).padded(to: 9, left: true),
        (Quantity.fixed(share, digits: 1) + " %").padded(to: 8, left: true),
      ]
      StandardError.line(cells.joined(separator: " "))
    }
  }
}

extension String {
  fileprivate func padded(to width: Int, left: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - count))
    return left ? spaces + self : self + spaces
  }
}
