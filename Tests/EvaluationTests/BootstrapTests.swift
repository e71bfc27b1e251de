import Evaluation
import Testing

@Suite struct BootstrapTests {
  private let better: [Double] = [1, 0, 1, 1, 0, 1, 1, 1, 0, 1]
  private let worse: [Double] = [1, 0, 0, 1, 0, 0, 1, 0, 0, 1]

  // Python with the same generator and numpy.percentile(figures, [2.5, 97.5]), 1,000 resamples,
  // seed 7: 0.7, 0.4, 1.0.
  @Test func theIntervalOfAMean() throws {
    let interval = try #require(Bootstrap(resamples: 1000, seed: 7).mean(better))

    #expect(abs(interval.estimate - 0.7) < 1e-12)
    #expect(abs(interval.lower - 0.4) < 1e-12)
    #expect(abs(interval.upper - 1.0) < 1e-12)
  }

  // As above, of the differences: 0.3, 0.1, 0.6.
  @Test func pairedDifferencesKeepRowsTogether() throws {
    let interval = try #require(
      Bootstrap(resamples: 1000, seed: 7).pairedDifference(better, worse))

    #expect(abs(interval.estimate - 0.3) < 1e-12)
    #expect(abs(interval.lower - 0.1) < 1e-12)
    #expect(abs(interval.upper - 0.6) < 1e-12)
  }

  // As above, seed 3: 0.75, 0.705, 0.7925; the normal approximation gives 0.75 ± 0.0424.
  @Test func manyRowsNarrowTheInterval() throws {
    let values = (0..<400).map { $0 % 4 == 0 ? 0.0 : 1.0 }

    let interval = try #require(Bootstrap(resamples: 1000, seed: 3).mean(values))

    #expect(abs(interval.lower - 0.705) < 1e-12)
    #expect(abs(interval.upper - 0.7925) < 1e-12)
  }

  @Test func nothingHasNoInterval() {
    #expect(Bootstrap().mean([]) == nil)
    #expect(Bootstrap().pairedDifference([1], [1, 2]) == nil)
  }
}
