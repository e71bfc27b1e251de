import Charts
import Foundation
import SafeIO

/// The page of a run, `report.html`: one file that needs no other and no network.
struct RunPage {
  let path: String
  let run: JSON
  let curves: RunCurves
  let samples: [RunSample]

  /// The text of the page.
  var html: String {
    let name = MarkupText.escaped(path.split(separator: "/").last.map(String.init) ?? path)
    let sections = [
      header(name), figures, "<section class=\"charts\">\(charts)</section>", verdict,
      sampleSection, receiptSection, forecastSection, settingsSection, originSection,
    ]
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(name) · graft</title>
      <style>\(SVGCanvas.style)\(PageStyle.text)</style></head>
      <body><main>
      \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
      </main></body></html>

      """
  }

  private var charts: String { curves.charts.map(\.inlineSVG).joined() }

  private func header(_ name: String) -> String {
    let state = text("state") ?? "unknown"
    let kind = ["finished": "good", "failed": "bad"][state] ?? "second"
    var facts: [String] = []
    if let model = text("model") { facts.append("model \(Self.code(model))") }
    if let data = text("data") { facts.append("data \(Self.code(data))") }
    return """
      <header><h1>\(name) <span class="state \(kind)">\(MarkupText.escaped(state))</span></h1>
      <p class="muted">\(facts.joined(separator: " · "))</p></header>
      """
  }

  /// The numbers that a person looks for first.
  private var figures: String {
    let summary = run["summary"]
    func number(_ key: String, _ digits: Int) -> String? {
      summary?[key]?.double.map { Quantity.fixed($0, digits: digits) }
    }
    var tiles: [(String, String)] = []
    if let done = summary?["steps"]?.int, let planned = summary?["planned_steps"]?.int {
      tiles.append(("steps", "\(Quantity.count(done)) of \(Quantity.count(planned))"))
    }
    if let loss = number("recent_loss", 4) { tiles.append(("loss, last 20 steps", loss)) }
    if let loss = number("valid_loss", 4) { tiles.append(("validation loss", loss)) }
    if let loss = number("best_valid_loss", 4), let step = summary?["best_step"]?.int {
      tiles.append(("best validation loss", "\(loss) at step \(Quantity.count(step))"))
    }
    if let seconds = summary?["seconds"]?.double {
      tiles.append(("time in steps", Quantity.duration(seconds)))
    }
    if let rate = summary?["tokens_per_second"]?.double {
      tiles.append(("supervised tokens", Quantity.rate(rate, of: "tokens")))
    }
    if let bytes = summary?["peak_memory_bytes"]?.int {
      tiles.append(("peak memory", Quantity.bytes(bytes)))
    }
    guard !tiles.isEmpty else { return "" }
    let cells = tiles.map {
      "<div><dt>\(MarkupText.escaped($0.0))</dt><dd>\(MarkupText.escaped($0.1))</dd></div>"
    }
    return "<dl class=\"tiles\">\(cells.joined())</dl>"
  }

  /// What the validation losses say of when to stop.
  private var verdict: String {
    guard let best = curves.best, curves.points("valid_loss").count > 1 else { return "" }
    let loss = Quantity.fixed(best.y, digits: 4)
    var text =
      "<b class=\"good\">Best</b>: validation loss \(loss) after step \(Quantity.count(Self.step(best.x)))"
    let file = "\(path)/best"
    if FileManager.default.fileExists(atPath: file) { text += ", kept in \(Self.code(file))" }
    text += ". "
    if let point = curves.overfitting {
      text +=
        "<b class=\"bad\">Over-fitting</b> from step \(Quantity.count(Self.step(point.x))) on: every later "
        + "validation is more than 1 % worse than the best, while training goes on."
    } else {
      text += "No over-fitting is seen: the validation loss has not risen for good."
    }
    return "<p>\(text)</p>"
  }

  private var sampleSection: String {
    guard !samples.isEmpty else { return "" }
    var prompts: [String] = []
    for sample in samples where !prompts.contains(sample.prompt) { prompts.append(sample.prompt) }
    let parts = prompts.map { prompt -> String in
      let own = samples.filter { $0.prompt == prompt }
      var rows = Self.spread(own, atMost: 12).map {
        "<tr><th>step \(Quantity.count($0.step))</th><td><pre>\(MarkupText.escaped($0.text))</pre></td></tr>"
      }
      if let expected = own.last?.expected {
        rows.append(
          "<tr><th>the row</th><td><pre>\(MarkupText.escaped(expected))</pre></td></tr>")
      }
      return """
        <details open><summary>\(MarkupText.escaped(String(prompt.suffix(160))))</summary>
        <pre class="prompt">\(MarkupText.escaped(prompt))</pre><table class="samples">\(rows.joined())</table></details>
        """
    }
    return "<section><h2>Samples by step</h2>\(parts.joined())</section>"
  }

  /// First, last, and some between.
  private static func spread(_ samples: [RunSample], atMost limit: Int) -> [RunSample] {
    guard samples.count > limit else { return samples }
    return (0..<limit).map { samples[$0 * (samples.count - 1) / (limit - 1)] }
  }

  /// The step of a point: a file may name one that no number of ours holds.
  private static func step(_ x: Double) -> Int { Int(exactly: x) ?? .max }

  /// The string of a member of `run.json`.
  func text(_ key: String) -> String? { run[key]?.string }

  static func code(_ text: String) -> String { "<code>\(MarkupText.escaped(text))</code>" }
}
