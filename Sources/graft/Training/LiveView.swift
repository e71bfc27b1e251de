import SafeIO
import TensorCore
import Training

/// What a person sees of a run on a terminal, below the line of its progress.
struct LiveView {
  private var losses: [Double] = []
  private var validation: (step: Int, loss: Double)?
  private static let remembered = 600

  /// Takes a step.
  mutating func add(_ record: StepRecord) {
    losses.append(record.loss)
    if losses.count > Self.remembered { losses.removeFirst(losses.count - Self.remembered) }
    if let loss = record.validationLoss { validation = (record.step, loss) }
  }

  /// The lines: loss with its course, validation, rate and norm, speed and memory.
  func lines(_ record: StepRecord, _ summary: TrainingSummary) -> [String] {
    let width = Terminal.width
    guard width >= 40 else { return [summary.detail(record)] }
    let mean = summary.recentLoss ?? record.loss
    var first = "loss \(Quantity.fixed(record.loss, digits: 4))"
    if width >= 60 { first += "  mean of 20 \(Quantity.fixed(mean, digits: 4))" }
    first += "  " + Sparkline.text(losses, width: min(48, width - first.count - 5))
    var second = "rate \(Self.short(record.learningRate))"
    second += "  gradient norm \(Quantity.fixed(record.gradientNorm, digits: 3))"
    second += "  epoch \(Quantity.fixed(record.epoch, digits: 2))"
    var third = "no validation yet"
    if let validation {
      third =
        "validation \(Quantity.fixed(validation.loss, digits: 4)) at step \(Quantity.count(validation.step))"
      if let best = summary.bestLoss, let step = summary.bestStep {
        third += "  best \(Quantity.fixed(best, digits: 4)) at \(Quantity.count(step))"
      }
    }
    let fourth = "\(summary.rateText)  memory \(Quantity.bytes(ProcessMemory.peakBytes)) at most"
    return [first, second, third, fourth].map { "  " + $0 }
  }

  /// A rate with two digits behind the point: `4.53e-4`.
  private static func short(_ rate: Double) -> String {
    guard rate > 0, rate.isFinite else { return "0" }
    var (mantissa, exponent) = (rate, 0)
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    return exponent == 0
      ? Quantity.fixed(mantissa, digits: 3) : "\(Quantity.fixed(mantissa, digits: 2))e\(exponent)"
  }
}

/// A curve in one line of text.
enum Sparkline {
  private static let levels = Array("▁▂▃▄▅▆▇█")

  /// The means of as many equal stretches as there are columns, from the lowest to the highest block.
  static func text(_ values: [Double], width: Int) -> String {
    let values = values.filter(\.isFinite)
    guard width > 0, !values.isEmpty else { return "" }
    let columns = min(width, values.count)
    let means = (0..<columns).map { column -> Double in
      let (start, end) = (column * values.count / columns, (column + 1) * values.count / columns)
      return values[start..<end].reduce(0, +) / Double(end - start)
    }
    guard let low = means.min(), let high = means.max(), (high - low).isFinite, high > low else {
      return String(repeating: levels[0], count: columns)
    }
    return String(means.map { levels[Int(7.999 * ($0 - low) / (high - low))] })
  }
}
