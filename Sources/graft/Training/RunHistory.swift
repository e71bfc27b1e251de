import SafeIO
import Training

/// How often a run was taken up again, and what was changed then.
struct RunHistory {
  private var resumedAt: [JSON]
  private var changes: [JSON]

  /// What the `run.json` of the process before said.
  init(_ found: JSONObject?) {
    resumedAt = found?["resumed_at"]?.array ?? []
    changes = found?["accepted_changes"]?.array ?? []
  }

  mutating func resumed(at step: Int) { resumedAt.append(JSON(step)) }

  mutating func accept(_ accepted: [TrainingError.Change], at step: Int) {
    for change in accepted {
      changes.append([
        "step": JSON(step), "name": JSON(change.name), "before": JSON(change.before),
        "now": JSON(change.now),
      ])
    }
  }

  /// The members of `run.json`.
  var json: JSONObject {
    var object = JSONObject()
    object["resumed_at"] = JSON(resumedAt)
    object["accepted_changes"] = JSON(changes)
    return object
  }
}
