import SafeIO
import TensorCore
import Training

/// What is said of a run before its first step, and held against what came.
struct RunForecast: Equatable {
  /// Seconds from before the first step until the result is saved, with validations, samples and states.
  var seconds: Double
  /// The most bytes that the process has resident, from its start to its end.
  var peakMemory: Int

  init(seconds: Double, peakMemory: Int) {
    (self.seconds, self.peakMemory) = (seconds, peakMemory)
  }

  /// What a run will take, of which everything but its steps was done once already.
  ///
  /// The peak is that of the process so far, for the longest pass, a validation and the samples were computed, and
  /// what is still to come: a longer pass, the sum of a step's gradients, and copies and text that are saved.
  ///
  /// - Parameters:
  ///   - trainer: Knows how long its passes get.
  ///   - memory: What passes take.
  ///   - costs: What everything takes.
  /// - Throws: What reading the rows throws.
  init(_ trainer: Trainer, _ memory: MemoryForecast, _ costs: RunCosts) throws {
    let sizes = try trainer.passSizes()
    func bytes(_ tokens: Int) -> Int {
      memory.activationBytes(
        tokens: tokens, recomputes: trainer.configuration.recomputesActivations)
    }
    let longer = max(0, bytes(sizes.largest) - bytes(costs.timing.longestPass))
    let passes =
      ProcessMemory.peakBytes + longer + (sizes.areSummed ? memory.gradientBytes : 0)
    let saving = (ProcessMemory.residentBytes ?? 0) + costs.productBytes + Self.page
    self.init(
      seconds: costs.seconds(steps: trainer.stepCount),
      peakMemory: max(passes, saving) + Self.code)
  }

  /// The page and the pictures, while they are made.
  private static let page = 8 << 20
  /// Code that has not run before the first step.
  private static let code = 3 << 20

  /// The forecast that a `run.json` holds.
  init?(json: JSON?) {
    guard let seconds = json?["seconds"]?["forecast"]?.double,
      let memory = json?["peak_memory_bytes"]?["forecast"]?.int
    else { return nil }
    self.init(seconds: seconds, peakMemory: memory)
  }

  /// The line that is said before the first step.
  func text(_ timing: StepTiming, steps: Int) -> String {
    "time     about \(Quantity.duration(seconds)) for \(Quantity.count(steps)) steps, "
      + "\(Quantity.duration(timing.secondsPerStep)) each, as just measured"
  }

  /// The member of `run.json`; what came is there once the run is complete.
  func json(actualSeconds: Double? = nil, actualPeak: Int? = nil) -> JSON {
    func entry(_ forecast: JSON, _ actual: JSON?, _ share: Double?) -> JSON {
      var object = JSONObject()
      object["forecast"] = forecast
      object["actual"] = actual
      if let share, share.isFinite { object["error_percent"] = JSON(100 * (share - 1)) }
      return JSON(object)
    }
    var object = JSONObject()
    object["seconds"] = entry(
      JSON(seconds), actualSeconds.map { JSON($0) },
      actualSeconds.map { seconds / max($0, 1e-9) })
    object["peak_memory_bytes"] = entry(
      JSON(peakMemory), actualPeak.map { JSON($0) },
      actualPeak.map { Double(peakMemory) / Double(max($0, 1)) })
    return JSON(object)
  }

  /// What is said at the end: `forecast time 1 min 05 s, 3.2 % too much; memory …`.
  static func text(_ json: JSON?) -> String? {
    func part(_ name: String, _ key: String, _ shown: (JSON) -> String?) -> String? {
      guard let forecast = json?[key]?["forecast"], let text = shown(forecast),
        let error = json?[key]?["error_percent"]?.double
      else { return nil }
      let word = error >= 0 ? "too much" : "too little"
      return "\(name) \(text), \(Quantity.fixed(abs(error), digits: 1)) % \(word)"
    }
    let parts = [
      part("time", "seconds") { $0.double.map(Quantity.duration) },
      part("memory", "peak_memory_bytes") { $0.int.map(Quantity.bytes) },
    ].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
