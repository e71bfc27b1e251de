import Foundation
import ModelFiles
import Models
import Testing
import Training

/// Forecasts beside peaks that were measured with SmolLM2-135M, and how runs are made to fit.
@Suite struct MemoryForecastTests {
  private func forecast(_ precision: Precision = .f32, trained: Int? = nil) throws
    -> MemoryForecast
  {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/Models/llama-untied").standardizedFileURL.path()
    var c = try ModelBundle(path: path).configuration
    (c.vocabularySize, c.hiddenSize, c.intermediateSize) = (49152, 576, 1536)
    (c.layerCount, c.headCount, c.keyValueHeadCount, c.headDimension) = (30, 9, 3, 64)
    c.tiesEmbeddings = true
    return MemoryForecast(
      model: c, precision: precision, trainedCount: trained ?? 4_884_480,
      rank: trained == nil ? 16 : 0, hasDropout: false)
  }

  /// `graft train` on 8 rows of 256 tokens: what `getrusage` said, MiB.
  @Test(arguments: [
    (Precision.f32, 2048, false, 2754), (.f32, 1024, false, 1749), (.f32, 512, false, 1238),
    (.f32, 256, false, 980), (.bf16, 512, false, 1344), (.bf16, 256, false, 1088),
    (.f32, 512, true, 789),
  ])
  func forecastIsWithinTenPercentOfTheMeasuredPeak(
    _ precision: Precision, _ tokens: Int, _ recomputes: Bool, _ mebibytes: Int
  ) throws {
    let bytes = try forecast(precision).peakBytes(
      tokensPerPass: tokens, recomputes: recomputes, isOnePass: tokens == 2048)

    #expect(abs(Double(bytes) / Double(mebibytes << 20) - 1) < 0.1, "\(bytes >> 20) MiB")
  }

  @Test func smallerLimitsMakeSmallerPassesAndThenRecomputation() throws {
    let forecast = try forecast()
    func fit(_ limit: Int) -> MemoryForecast.Fit? {
      forecast.fit(limit: limit, usual: 512, longest: 256, recomputes: false)
    }

    let tight = try #require(fit(1_250_000_000))

    #expect(fit(2_000_000_000) == .init(tokensPerPass: 512, recomputes: false))
    #expect((256..<512).contains(tight.tokensPerPass) && !tight.recomputes)
    #expect(fit(950_000_000)?.recomputes == true)
    #expect(fit(500_000_000) == nil)
    for limit in stride(from: 750_000_000, to: 1_500_000_000, by: 50_000_000) {
      guard let fit = fit(limit) else { continue }
      #expect(
        forecast.peakBytes(tokensPerPass: fit.tokensPerPass, recomputes: fit.recomputes) <= limit)
    }
  }

  @Test func whatIsPresentStandsForWeightsAndProcess() throws {
    var known = try forecast()
    let computed = known.peakBytes(tokensPerPass: 256, recomputes: false)
    known.present = 1_000_000_000

    let peak = known.peakBytes(tokensPerPass: 256, recomputes: false)

    // 4,884,480 numbers: two moments and the gradients of a pass and of a step.
    let passes = known.activationBytes(tokens: 256, recomputes: false) + 4 * 4 * 4_884_480
    #expect(peak == 1_000_000_000 + 8 << 20 + passes)
    // 134,515,008 weights, the adapter, 48 MiB for the process.
    #expect(computed == 4 * (134_515_008 + 4_884_480) + 48 << 20 + passes)
  }

  @Test func blocksKeepOnlyTheInputsOfWhatLearns() throws {
    let all = try forecast()
    var few = all
    few.blocks = Array(
      repeating: .init(adapted: ["q_proj", "v_proj"], ranks: 32), count: all.blocks.count)
    var last = all
    last.blocks = Array(all.blocks.suffix(4))
    func bytes(_ forecast: MemoryForecast) -> Int {
      forecast.activationBytes(tokens: 512, recomputes: false)
    }

    // Not kept of 512 tokens: one norm's result, 576 wide and 640 as the pool makes it, the gated product,
    // 1536 wide, and 112 - 32 ranks.
    #expect(bytes(all) - bytes(few) == 30 * 512 * 4 * (640 + 1536 + 80))
    #expect(bytes(last) < bytes(all) / 4)
  }

  @Test func aLongValidationCountsWhereStepsAreShort() throws {
    var small = try forecast()
    small.blocks = []

    let short = small.peakBytes(tokensPerPass: 16, recomputes: false)
    let long = small.peakBytes(tokensPerPass: 16, recomputes: false, validationTokens: 2048)

    #expect(long > short + 40 << 20)
  }
}
