/// When a run saves its state without being asked to: often enough to lose little, seldom enough to cost
/// no more than a hundredth of the time.
struct SavingPace {
  private static let least = Duration.seconds(60)
  private static let costFactor = 100

  private var last = ContinuousClock.now
  private var cost = Duration.zero

  /// Whether the state should be saved now.
  var isDue: Bool { ContinuousClock.now - last >= max(Self.least, cost * Self.costFactor) }

  /// Seconds between saves that take `cost` seconds each.
  static func interval(cost: Double) -> Double {
    max(least.seconds, cost * Double(costFactor))
  }

  /// Notes a save that began at `start` and has just ended.
  mutating func saved(from start: ContinuousClock.Instant) {
    last = .now
    cost = last - start
  }
}
