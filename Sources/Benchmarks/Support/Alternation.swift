import Foundation

/// Pieces of work timed in turn, A B C A B C …, so that a machine that slows down slows them all.
enum Alternation {
  /// Seconds of one run of each piece of work, one for each round.
  ///
  /// Each runs once before, uncounted; short ones run several times in a round, for a mean.
  ///
  /// - Parameters:
  ///   - rounds: How many figures each gets.
  ///   - shortest: What a round of a piece should take at least.
  ///   - work: What is timed.
  /// - Returns: For each piece of work, its seconds.
  static func seconds(rounds: Int, shortest: Double = 0.02, _ work: [() -> Void]) -> [[Double]] {
    let repeats = work.map { work in
      work()
      let once = time(work)
      return once < shortest ? Int((shortest / max(once, 1e-7)).rounded(.up)) : 1
    }
    var seconds = work.map { _ in [Double]() }
    for _ in 0..<rounds {
      for (place, work) in work.enumerated() {
        let total = time { for _ in 0..<repeats[place] { work() } }
        seconds[place].append(total / Double(repeats[place]))
      }
    }
    return seconds
  }

  /// What each of `samplers`, which time themselves, returns in each round.
  static func samples(rounds: Int, _ samplers: [() throws -> Double]) throws -> [[Double]] {
    var samples = samplers.map { _ in [Double]() }
    for _ in 0..<rounds {
      for (place, sampler) in samplers.enumerated() { samples[place].append(try sampler()) }
    }
    return samples
  }

  /// The seconds that `work` takes.
  static func time(_ work: () throws -> Void) rethrows -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    try work()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  }
}
