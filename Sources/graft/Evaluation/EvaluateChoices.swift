import Adapters
import ArgumentParser
import Evaluation
import Inference
import Models
import SafeIO

/// `graft evaluate` on rows of `query`, `choices` and `gold`.
struct EvaluateChoices {
  let command: Evaluate
  let file: String

  private typealias System = (name: String, outcomes: [ChoiceEvaluator.Outcome])

  func run() throws {
    let meaningless = [
      ("--metrics", command.metrics != nil), ("--no-loss", command.noLoss),
      ("--raw-completions", command.rawCompletions),
      ("--numerics", command.numerics.numerics != nil),
    ]
    if let flag = (meaningless.filter(\.1).map(\.0) + command.sampling.givenFlags).first {
      throw ValidationError("\(flag) has no meaning for rows of choices.")
    }
    var rows = try ChoiceRow.rows(path: file)
    if let limit = command.limit { rows = Array(rows.prefix(limit)) }
    let loaded = try command.model.load()
    guard let tokenizer = loaded.bundle.tokenizer else {
      throw InferenceError.noTokenizer("the rows are text")
    }
    let evaluator = ChoiceEvaluator(model: loaded.bundle.model, tokenizer: tokenizer)
    var systems: [System] = []
    if !command.skipBase {
      loaded.adapter?.isEnabled = false
      systems.append(("base", try measure("base", evaluator, rows)))
    }
    if let adapter = loaded.adapter, !Interruption.isRequested {
      adapter.isEnabled = true
      systems.append(("adapter", try measure("adapter", evaluator, rows)))
    }
    if let path = command.predictions { try write(rows, systems, to: path) }
    try report(systems, rows.count)
    try Interruption.throwIfRequested()
  }

  private func measure(_ name: String, _ evaluator: ChoiceEvaluator, _ rows: [ChoiceRow]) throws
    -> [ChoiceEvaluator.Outcome]
  {
    let total = rows.reduce(0) { $0 + $1.choices.count }
    let line = ProgressLine("\(name): choice", total: total, isQuiet: command.reporting.quiet)
    defer { line.finish() }
    return try evaluator.run(rows) { completed, _ in
      line.update(completed)
      return !Interruption.isRequested
    }
  }

  private func write(_ rows: [ChoiceRow], _ systems: [System], to path: String) throws {
    try AtomicFile.write(to: path) { sink in
      for (index, row) in rows.enumerated() {
        var object = JSONObject()
        object["id"] = JSON(row.id)
        object["gold"] = JSON(row.gold)
        for (name, outcomes) in systems where index < outcomes.count {
          object[name] = [
            "loglikelihood": JSON(outcomes[index].logLikelihoods.map { JSON($0) }),
            "tokens": JSON(outcomes[index].tokens), "choice": JSON(outcomes[index].choice),
            "choice_norm": JSON(outcomes[index].normalizedChoice),
          ]
        }
        try sink.write(JSON(object).serialized() + "\n")
      }
    }
  }

  private func report(_ systems: [System], _ rowCount: Int) throws {
    let figures: [(String, (ChoiceEvaluator.Outcome) -> Bool)] = [
      ("acc", \.isRight), ("acc_norm", \.isNormalizedRight),
    ]
    var json = JSONObject()
    json["model"] = JSON(command.model.base.model)
    json["data"] = JSON(file)
    json["rows"] = JSON(rowCount)
    var table = TextTable(["figure"] + systems.map { .number($0.name) })
    var members = systems.map { _ in JSONObject() }
    for (figure, isRight) in figures {
      var cells = ["\(figure), %"]
      for (index, system) in systems.enumerated() {
        let interval = Bootstrap().mean(system.outcomes.map { isRight($0) ? 1 : 0 })
        cells.append(interval.map(Self.text) ?? "–")
        members[index][figure] = interval.map { JSON($0.estimate) } ?? .null
        members[index]["\(figure)_interval"] =
          interval.map { [JSON($0.lower), JSON($0.upper)] } ?? .null
      }
      table.add(cells)
    }
    for (system, object) in zip(systems, members) { json[system.name] = JSON(object) }
    if command.reporting.json { return try JSONOutput.write(JSON(json)) }
    try StandardOutput.line("\(Quantity.count(rowCount)) rows of \(file.escapedForMessage())\n")
    for line in table.lines() { try StandardOutput.line(line) }
    try StandardOutput.line("\n[ ] are intervals of 95 %, by bootstrap over rows")
  }

  private static func text(_ interval: Bootstrap.Interval) -> String {
    func percent(_ value: Double) -> String { Quantity.fixed(100 * value, digits: 1) }
    return
      "\(percent(interval.estimate)) [\(percent(interval.lower)), \(percent(interval.upper))]"
  }
}
