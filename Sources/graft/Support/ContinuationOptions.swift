import ArgumentParser

/// How a run is saved along the way, and whether it goes on from there.
struct ContinuationOptions: ParsableArguments {
  /// What a run does when a loss is far above those before it.
  enum SpikePolicy: String, CaseIterable, ExpressibleByArgument {
    case warn, stop
  }

  @Flag(
    help: """
      Begin again where --output holds a run: what that run wrote is removed. (default: go on from \
      its last state)
      """)
  var restart = false

  @Option(
    help: ArgumentHelp(
      """
      Go on although this setting (or kernels, training-rows, …) is no longer what the run began \
      with; repeatable. The result is not that of one uninterrupted run, and run.json says so.
      """, valueName: "name"))
  var acceptChange: [String] = []

  @Option(
    help: """
      Saved states, and saved adapters of single steps, to keep; 1 leaves none to fall back on.
      """)
  var keep = 2

  @Option(
    help: "What happens when a loss is 6 deviations above the last 128, and 3 times their median.")
  var onSpike = SpikePolicy.warn

  func validate() throws {
    guard (1...1_000_000).contains(keep) else {
      throw ValidationError("--keep must be from 1 to 1000000, got \(keep).")
    }
    guard !restart || acceptChange.isEmpty else {
      throw ValidationError("--accept-change does not go with --restart.")
    }
  }
}
