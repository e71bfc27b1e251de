import ArgumentParser

/// How a run is saved along the way, and whether it goes on from there.
struct ContinuationOptions: ParsableArguments {
  /// What a run does when a loss is far above those before it.
  enum SpikePolicy: String, CaseIterable, ExpressibleByArgument {
    case warn, stop
  }

  @Flag(
    help: """
      Begin again where --output holds a run: what that run wrote is removed. (default: go on from its \
      last state)
      """)
  var restart = false

  @Option(
    help:
      "Saved states, and saved adapters of single steps, to keep; 1 leaves none to fall back on.")
  var keep = 2

  @Option(
    help: "What happens when a loss is 6 deviations above the last 128, and 3 times their median.")
  var onSpike = SpikePolicy.warn

  func validate() throws {
    guard (1...1_000_000).contains(keep) else {
      throw ValidationError("--keep must be from 1 to 1000000, got \(keep).")
    }
  }
}
