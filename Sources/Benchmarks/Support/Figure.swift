import Foundation
import SafeIO

/// One measured quantity, and what it is held against.
struct Figure {
  /// Something that was measured in turn with the quantity, or an allowance.
  struct Reference {
    var name: String
    /// As many as the quantity has, round by round.
    var values: [Double]
  }

  var name: String
  var unit: String
  /// One a round.
  var values: [Double]
  var references: [Reference] = []
  /// False for times.
  var isRate = true
  /// What else is to be known of it, by key.
  var notes = JSONObject()

  var median: Double { values.median }

  /// How many times as fast as the reference this is, round by round: above 1 is better.
  func ratios(to reference: Reference) -> [Double] {
    zip(values, reference.values).map { isRate ? $0 / $1 : $1 / $0 }
  }

  var json: JSON {
    var object = JSONObject()
    object["name"] = JSON(name)
    object["unit"] = JSON(unit)
    object["higher_is_better"] = JSON(isRate)
    object["median"] = JSON(median)
    object["min"] = JSON(values.min() ?? .nan)
    object["max"] = JSON(values.max() ?? .nan)
    object["samples"] = JSON(values.map { JSON($0) })
    object["references"] = JSON(
      references.map { reference in
        let ratios = ratios(to: reference)
        return [
          "name": JSON(reference.name), "median": JSON(reference.values.median),
          "samples": JSON(reference.values.map { JSON($0) }), "ratio": JSON(ratios.median),
          "ratio_min": JSON(ratios.min() ?? .nan), "ratio_max": JSON(ratios.max() ?? .nan),
        ]
      })
    for (key, value) in zip(notes.keys, notes.values) { object[key] = value }
    return JSON(object)
  }
}

extension Figure {
  /// Work per second, from the seconds of a run and of its references, each with its own work.
  ///
  /// - Parameters:
  ///   - name: What was timed.
  ///   - unit: The unit of `work` per second.
  ///   - work: What a run does, in units.
  ///   - seconds: One a round.
  ///   - references: Their names, work and seconds.
  init(
    _ name: String, _ unit: String, work: Double, seconds: [Double],
    references: [(name: String, work: Double, seconds: [Double])]
  ) {
    self.init(
      name: name, unit: unit, values: seconds.map { work / $0 },
      references: references.map { reference in
        Reference(name: reference.name, values: reference.seconds.map { reference.work / $0 })
      })
  }
}

extension [Double] {
  /// The middle one, or the mean of the two in the middle; not a number for none.
  var median: Double {
    guard !isEmpty else { return .nan }
    let sorted = sorted()
    let middle = count / 2
    return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
