import Inference
import TensorCore
import TestSupport
import Testing

@Suite struct SamplerTests {
  static let logits: [Float] = [2, -1, 0.5, 3, 0, -2.5, 1, 2.5, -0.5, 1.5]

  struct Case: Sendable {
    let configuration: SamplingConfiguration
    let probabilities: [Int: Double]
  }

  // transformers 5.23: scores = RepetitionPenaltyLogitsProcessor(rp)(torch.tensor([[3, 1, 0]]), logits),
  // then TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper, MinPLogitsWarper where set;
  // torch.softmax(scores, -1) where above 0.
  static let cases = [
    Case(
      configuration: .init(temperature: 1),
      probabilities: [
        0: 0.146138, 1: 0.007276, 2: 0.032608, 3: 0.397244, 4: 0.019778, 5: 0.001623, 6: 0.053761,
        7: 0.24094, 8: 0.011996, 9: 0.088637,
      ]),
    Case(
      configuration: .init(temperature: 0.7),
      probabilities: [
        0: 0.122506, 1: 0.001686, 2: 0.014372, 3: 0.511183, 4: 0.007036, 5: 0.000198, 6: 0.029359,
        7: 0.250245, 8: 0.003444, 9: 0.059972,
      ]),
    Case(
      configuration: .init(temperature: 1, topK: 3),
      probabilities: [0: 0.186324, 3: 0.50648, 7: 0.307196]),
    Case(
      configuration: .init(temperature: 1, topP: 0.8),
      probabilities: [0: 0.167405, 3: 0.455054, 7: 0.276004, 9: 0.101536]),
    Case(
      configuration: .init(temperature: 1, minP: 0.2),
      probabilities: [0: 0.167405, 3: 0.455054, 7: 0.276004, 9: 0.101536]),
    Case(
      configuration: .init(temperature: 1, repetitionPenalty: 1.5),
      probabilities: [
        0: 0.111168, 1: 0.006538, 2: 0.048313, 3: 0.216525, 4: 0.029303, 5: 0.002405, 6: 0.079655,
        7: 0.356989, 8: 0.017773, 9: 0.131329,
      ]),
    Case(
      configuration: .init(
        temperature: 0.5, topK: 5, topP: 0.9, minP: 0.05, repetitionPenalty: 1.3),
      probabilities: [0: 0.080004, 3: 0.372611, 7: 0.547385]),
    Case(
      configuration: .init(temperature: 2, topK: 8, topP: 0.6),
      probabilities: [0: 0.254275, 3: 0.419229, 7: 0.326496]),
    Case(configuration: .init(temperature: 1, topP: 0.01), probabilities: [3: 1]),
    Case(
      configuration: .init(temperature: 1.5, topP: 0.95, minP: 0.3),
      probabilities: [0: 0.197633, 3: 0.384937, 7: 0.275819, 9: 0.14161]),
  ]

  @Test(arguments: cases)
  func filtersLeaveWhatTransformersLeaves(_ example: Case) {
    var scores = Self.logits
    let sampler = Sampler(example.configuration, prompt: [3, 1, 0])

    let candidates = scores.withUnsafeMutableBufferPointer { sampler.candidates($0) }

    let total = candidates.reduce(0) { $0 + $1.weight }
    #expect(Set(candidates.map(\.id)) == Set(example.probabilities.keys))
    for candidate in candidates {
      let expected = example.probabilities[candidate.id] ?? 0
      #expect(abs(candidate.weight / total - expected) < 1e-6, "id \(candidate.id)")
    }
  }

  private func draws(_ configuration: SamplingConfiguration, _ logits: [Float], _ count: Int)
    -> [Int?]
  {
    let sampler = Sampler(configuration, prompt: [3, 1, 0])
    return (0..<count).map { place in
      logits.withUnsafeBufferPointer { sampler.token($0, place: place) }
    }
  }

  @Test func drawsFollowTheDistribution() {
    let example = Self.cases[0]
    let count = 20_000

    let tokens = draws(example.configuration, Self.logits, count)

    var chiSquared = 0.0
    for (id, probability) in example.probabilities {
      let expected = probability * Double(count)
      let found = Double(tokens.count { $0 == id })
      chiSquared += (found - expected) * (found - expected) / expected
    }
    // Nine degrees of freedom: 27.88 is exceeded once in a thousand seeds.
    #expect(chiSquared < 27.88)
  }

  @Test func equalSeedsDrawEqualTokensAndOthersDiffer() {
    var other = SamplingConfiguration(temperature: 1, seed: 5)

    let first = draws(other, Self.logits, 50)
    let again = draws(other, Self.logits, 50)
    other.seed = 6

    #expect(first == again)
    #expect(first != draws(other, Self.logits, 50))
  }

  @Test func greedyTakesTheLowestOfEqualIDs() {
    #expect(draws(.init(), [1, 4, 4, 2], 1) == [1])
    // Token 3 is in the prompt: 3 / 1.5 = 2 is below 2.5.
    #expect(draws(.init(repetitionPenalty: 1.5), Self.logits, 1) == [7])
  }

  @Test func topKTakesTheLowestOfEqualIDs() {
    var scores: [Float] = [1, 4, 4, 4, 0]
    let sampler = Sampler(.init(temperature: 1, topK: 2), prompt: [])

    let candidates = scores.withUnsafeMutableBufferPointer { sampler.candidates($0) }

    #expect(candidates.map(\.id) == [1, 2])
  }

  @Test func tinyTemperaturesAreGreedy() {
    let least = SamplingConfiguration(temperature: .leastNonzeroMagnitude)
    #expect(draws(least, Self.logits, 20).allSatisfy { $0 == 3 })
    #expect(draws(.init(temperature: 1e-30, topP: 0.9), Self.logits, 20).allSatisfy { $0 == 3 })
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func logitsThatAreNotFiniteAreNoToken(_ value: Float) {
    for place in [0, 40, 99] {
      var logits = [Float](repeating: 1, count: 100)
      logits[place] = value

      #expect(draws(.init(), logits, 1) == [nil])
      #expect(draws(.init(temperature: 1), logits, 1) == [nil])
    }
  }

  @Test func valuesOutOfRangeAreNamed() {
    let broken: [(SamplingConfiguration, String)] = [
      (.init(temperature: .nan), "temperature"), (.init(temperature: -1), "temperature"),
      (.init(topK: 0), "top-k"), (.init(topP: 0), "top-p"), (.init(topP: .nan), "top-p"),
      (.init(minP: 1.1), "min-p"), (.init(repetitionPenalty: 0), "repetition-penalty"),
    ]

    for (configuration, name) in broken { #expect(configuration.violation?.name == name) }
    #expect(SamplingConfiguration(temperature: 1, topK: 1, topP: 1, minP: 1).violation == nil)
  }
}
