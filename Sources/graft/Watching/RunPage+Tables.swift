import Charts
import SafeIO

extension RunPage {
  /// What became of every token.
  var receiptSection: String {
    let splits = run["receipt"]?["splits"]?.object
    let accounts: [(String, JSON)] =
      splits?.compactMap { name, value in value["account"].map { (name, $0) } }
      ?? run["account"].map { [("text", $0)] } ?? []
    guard !accounts.isEmpty else { return "" }
    let columns = [
      "total_tokens", "supervised_tokens", "prompt_tokens", "template_tokens", "padding_tokens",
      "truncated_tokens", "dropped_tokens",
    ]
    var parts: [String] = []
    if accounts.contains(where: { $0.1["supervised_tokens"] != nil }) {
      let rows = accounts.map { name, account in
        [name] + columns.map { Self.count(account[$0]) }
      }
      let titles = columns.map { String($0.dropLast(7)) }
      parts.append(Self.table(["tokens"] + titles, rows, isNumeric: true))
      parts.append(
        "<p class=\"muted\">Every token stands in one column; they add up to the total.</p>")
    }
    let others = [
      "rows", "examples", "examples_that_stop", "refused", "dropped_overlong",
      "dropped_long_prompts", "truncated", "rows_losing_targets", "rows_with_special_text",
      "documents", "tokens", "bytes", "held_out",
    ]
    let known = others.filter { key in accounts.contains { $0.1[key]?.int != nil } }
    let rows = known.map { key in
      [key.replacing("_", with: " ")] + accounts.map { Self.count($0.1[key]) }
    }
    parts.append(Self.table([""] + accounts.map(\.0), rows, isNumeric: true))
    for overlap in run["receipt"]?["overlaps"]?.array ?? [] {
      parts.append(
        "<p>\(Self.count(overlap["exact"])) rows of \(MarkupText.escaped(overlap["split"]?.string ?? "")) "
          + "stand in \(MarkupText.escaped(overlap["with"]?.string ?? "")) too, "
          + "\(Self.count(overlap["near"])) nearly.</p>")
    }
    return "<section><h2>Loss receipt</h2>\(parts.joined())</section>"
  }

  /// What was foretold, and what came.
  var forecastSection: String {
    guard let forecast = run["forecast"]?.object, !forecast.isEmpty else { return "" }
    func row(_ name: String, _ key: String, _ shown: (JSON?) -> String) -> [String]? {
      guard let foretold = forecast[key]?["forecast"] else { return nil }
      let error = forecast[key]?["error_percent"]?.double.map {
        ($0 > 0 ? "+" : "") + Quantity.fixed($0, digits: 1) + " %"
      }
      return [name, shown(foretold), shown(forecast[key]?["actual"]), error ?? "–"]
    }
    func time(_ value: JSON?) -> String { value?.double.map(Quantity.duration) ?? "–" }
    func bytes(_ value: JSON?) -> String { value?.int.map(Quantity.bytes) ?? "–" }
    let rows = [row("time", "seconds", time), row("peak memory", "peak_memory_bytes", bytes)]
      .compactMap { $0 }
    guard !rows.isEmpty else { return "" }
    return "<section><h2>Forecast</h2>"
      + Self.table(["", "before step one", "in the end", "difference"], rows, isNumeric: true)
      + "</section>"
  }

  /// Every setting and where it came from.
  var settingsSection: String {
    var rows: [[String]] = []
    for (key, entry) in run["effective"]?.object ?? JSONObject() {
      rows.append([key, Self.shown(entry["value"]), entry["origin"]?.string ?? ""])
    }
    let named = Set(rows.map { $0[0] })
    for (key, value) in run["settings"]?.object ?? JSONObject() where !named.contains(key) {
      rows.append([key, Self.shown(value), ""])
    }
    guard !rows.isEmpty else { return "" }
    return "<section><h2>Settings</h2>"
      + Self.table(["key", "value", "where it comes from"], rows, isNumeric: false) + "</section>"
  }

  /// What a person needs to tell this run from another, or to make it again.
  var originSection: String {
    var rows: [[String]] = []
    for key in ["graft", "threads", "kernels", "blas", "model_weights_sha256"] {
      let value = Self.shown(run[key])
      if !value.isEmpty { rows.append([key.replacing("_", with: " "), value]) }
    }
    for key in ["tokenizer", "chat-template", "training-rows", "validation-rows", "corpus"] {
      guard let value = run["identity"]?[key], !value.isNull else { continue }
      rows.append([key, Self.shown(value)])
    }
    for key in ["adapter_sha256", "model_sha256"] {
      if let hash = run["summary"]?[key]?.string {
        rows.append([key.replacing("_", with: " "), hash])
      }
    }
    let resumed = run["resumed_at"]?.array ?? []
    if !resumed.isEmpty { rows.append(["resumed at step", Self.shown(run["resumed_at"])]) }
    for change in run["accepted_changes"]?.array ?? [] {
      rows.append(["changed on the way", Self.shown(change)])
    }
    let command = ShellCommand.text((run["command"]?.array ?? []).compactMap(\.string))
    return "<section><h2>Origin</h2>" + Self.table(["", ""], rows, isNumeric: false)
      + "<p>Command:</p><pre>\(MarkupText.escaped(command))</pre></section>"
  }

  private static func shown(_ value: JSON?) -> String {
    switch value?.kind {
    case nil, .null: "–"
    case .string(let text): text
    case .array(let items): items.map { $0.string ?? $0.serialized() }.joined(separator: ", ")
    default: value?.serialized() ?? ""
    }
  }

  private static func count(_ value: JSON?) -> String { value?.int.map(Quantity.count) ?? "–" }

  private static func table(_ titles: [String], _ rows: [[String]], isNumeric: Bool) -> String {
    func cells(_ texts: [String], _ name: String) -> String {
      "<tr>" + texts.map { "<\(name)>\(MarkupText.escaped($0))</\(name)>" }.joined() + "</tr>"
    }
    let head = titles.allSatisfy(\.isEmpty) ? "" : "<thead>\(cells(titles, "th"))</thead>"
    let body = rows.map { cells($0, "td") }.joined(separator: "\n")
    return "<div class=\"wide\"><table\(isNumeric ? " class=\"numbers\"" : "")>\(head)"
      + "<tbody>\(body)</tbody></table></div>"
  }
}
