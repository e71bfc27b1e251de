import Charts
import Foundation
import SafeIO

/// The curves of a run, read from its `metrics.jsonl`; what was read once is not read again.
final class RunCurves {
  private let path: String
  private var offset = 0
  private var points: [String: [ChartPoint]] = [:]
  /// The keys in the order in which they were found.
  private var keys: [String] = []

  init(path: String) { self.path = path }

  /// Reads the lines that were added; one that is not whole yet is left for later.
  func update() throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let file = try InputFile(path: path)
    if file.size < offset { (offset, points, keys) = (0, [:], []) }
    var rest = try file.read(offset: offset, count: file.size - offset)[...]
    while let end = rest.firstIndex(of: 0x0A) {
      let line = Array(rest[..<end])
      offset += line.count + 1
      rest = rest[(end + 1)...]
      guard let object = try? JSON(parsing: line).object, let step = object["step"]?.int else {
        continue
      }
      for (key, value) in object {
        guard key != "step", let number = value.double else { continue }
        if points[key] == nil { keys.append(key) }
        points[key, default: []].append(ChartPoint(Double(step), number))
      }
    }
  }

  /// The values of a key by step.
  func points(_ key: String) -> [ChartPoint] { points[key] ?? [] }

  /// Where the validation loss was lowest.
  var best: ChartPoint? { points("valid_loss").filter(\.y.isFinite).min { $0.y < $1.y } }

  /// Where over-fitting begins: the first validation after the best from which on every one, two at least, is
  /// worse than it by a hundredth.
  var overfitting: ChartPoint? {
    guard let best else { return nil }
    let after = points("valid_loss").filter { $0.x > best.x }
    let worse = Array(after.reversed().prefix { $0.y > best.y * 1.01 }.reversed())
    return worse.count >= 2 ? worse.first : nil
  }

  /// The charts: loss, learning rate, gradient norm, throughput, and whatever else a step reports.
  var charts: [LineChart] {
    let loss = points("loss")
    var marks: [ChartMark] = []
    if let best, points("valid_loss").count > 1 {
      marks.append(ChartMark(x: best.x, label: "best", ink: .good))
    }
    if let overfitting {
      marks.append(ChartMark(x: overfitting.x, label: "over-fitting", ink: .bad))
    }
    // As many steps of memory as a fiftieth of the run has, fifty at most.
    let decay = 1 - 1 / max(5, min(50, Double(loss.count) / 20))
    let speed = points("tokens_per_second")
    var charts = [
      LineChart(
        "Loss, nats per supervised token",
        [
          ChartSeries("each step", loss, style: .faint),
          ChartSeries("smoothed", ChartSeries.smoothed(loss, by: decay)),
          ChartSeries("validation", points("valid_loss"), ink: .second, style: .dots),
        ], marks: marks),
      LineChart("Learning rate", [ChartSeries("rate", points("learning_rate"))]),
      LineChart(
        "Norm of the gradient",
        [
          ChartSeries("each step", points("gradient_norm"), style: .faint),
          ChartSeries("smoothed", ChartSeries.smoothed(points("gradient_norm"), by: decay)),
        ]),
      LineChart(
        "Supervised tokens per second",
        [
          ChartSeries("each step", speed, style: .faint),
          ChartSeries("smoothed", ChartSeries.smoothed(speed, by: decay)),
        ]),
    ]
    for key in keys where !Self.usual.contains(key) {
      let words = key.replacing("_", with: " ")
      charts.append(LineChart(words, [ChartSeries(words, points(key), style: .dots)]))
    }
    return Array(charts.prefix(12))
  }

  private static let usual: Set = [
    "loss", "learning_rate", "gradient_norm", "tokens_per_second", "valid_loss", "epoch", "tokens",
    "total_tokens", "seconds",
  ]
}
