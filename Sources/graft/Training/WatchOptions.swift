import ArgumentParser

/// What a run shows of itself, and how it is planned by the clock.
struct WatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The time that the run may take, such as 90s, 10m or 2h: as many steps as end by then, instead \
      of --steps; with --epochs, at most that many. What was chosen stays when the run goes on.
      """, valueName: "time"))
  var budget: TimeBudget?

  @Option(
    help: "The share of the steps over which the rate rises from 0, such as 0.03; for --warmup.")
  var warmupRatio: Double?

  @Option(
    help: ArgumentHelp(
      """
      A message that the model answers at every validation and at the end, in samples.jsonl and the \
      report; repeatable. (default: the first two validation rows)
      """, valueName: "text"))
  var samplePrompt: [String] = []

  @Option(help: "Tokens of a sample at most; 0 makes none.")
  var sampleTokens = 64

  @Flag(help: "Write no RUN/tensorboard/.")
  var noTensorboard = false

  func validate() throws {
    try FlagRule.check("warmup-ratio", warmupRatio, "from 0 to 1", (0...1).contains)
    try FlagRule.check("sample-tokens", sampleTokens, "from 0 to 4096", (0...4096).contains)
  }
}

/// An amount of time, as people type it: `90s`, `10m`, `1.5h`, or seconds.
struct TimeBudget: ExpressibleByArgument, Equatable {
  var seconds: Double

  init?(argument: String) {
    let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let scales = ["": 1.0, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400]
    guard let scale = scales[argument.dropFirst(number.count).lowercased()],
      let value = Double(number)
    else { return nil }
    seconds = value * scale
    guard seconds >= 1, seconds <= 1e8 else { return nil }
  }
}
