import ArgumentParser
import Inference
import SafeIO

/// How tokens are chosen and when an answer ends.
struct SamplingOptions: ParsableArguments {
  private static let usualMaxTokens = 256

  @Option(help: "At most this many tokens are generated for an answer.")
  var maxTokens = SamplingOptions.usualMaxTokens

  @Option(
    help: "0 takes the most probable token; higher is more varied (default: 0, in chat 0.7).")
  var temperature: Double?

  @Option(help: "Choose among this many most probable tokens.")
  var topK: Int?

  @Option(help: "Choose among the most probable tokens that together reach this probability.")
  var topP = 1.0

  @Option(help: "Choose among tokens at least this share as probable as the most probable one.")
  var minP = 0.0

  @Option(help: "Above 1, tokens that already stand in the text become less probable.")
  var repetitionPenalty = 1.0

  @Option(help: "Same seed, same answer (default: drawn anew).")
  var seed: Int?

  @Option(
    name: .customLong("stop"), parsing: .singleValue,
    help: "A string that ends the answer; may be repeated.")
  var stops: [String] = []

  func validate() throws {
    guard maxTokens >= 1 else {
      throw ValidationError("--max-tokens must be at least 1, got \(maxTokens).")
    }
    if let seed, seed < 0 { throw ValidationError("--seed must be at least 0, got \(seed).") }
    if stops.contains("") { throw ValidationError("--stop must not be empty.") }
    guard stops.count <= 16 else {
      throw ValidationError("--stop may be given 16 times, got \(stops.count).")
    }
    if let broken = configuration(defaultTemperature: 0, seed: 0).violation {
      throw ValidationError("--\(broken.name) must be \(broken.rule), got \(broken.value).")
    }
  }

  /// The flags that say other than what holds without them.
  var givenFlags: [String] {
    [
      ("--max-tokens", maxTokens != Self.usualMaxTokens), ("--temperature", temperature != nil),
      ("--top-k", topK != nil), ("--top-p", topP != 1), ("--min-p", minP != 0),
      ("--repetition-penalty", repetitionPenalty != 1), ("--seed", seed != nil),
      ("--stop", !stops.isEmpty),
    ].filter(\.1).map(\.0)
  }

  /// The seed that was given, or a new one.
  func drawnSeed() -> Int { seed ?? Int.random(in: 0...Int(Int32.max)) }

  /// What decides the tokens of an answer, in the names of the API.
  func json(defaultTemperature: Double, seed: Int?) -> JSONObject {
    let sampling = configuration(defaultTemperature: defaultTemperature, seed: seed ?? 0)
    var json = JSONObject()
    json["temperature"] = JSON(sampling.temperature)
    json["top_k"] = JSON(sampling.topK ?? 0)
    json["top_p"] = JSON(sampling.topP)
    json["min_p"] = JSON(sampling.minP)
    json["repetition_penalty"] = JSON(sampling.repetitionPenalty)
    json["stop"] = JSON(stops.map { JSON($0) })
    if let seed { json["seed"] = JSON(seed) }
    return json
  }

  func configuration(defaultTemperature: Double, seed: Int) -> SamplingConfiguration {
    SamplingConfiguration(
      temperature: temperature ?? defaultTemperature, topK: topK, topP: topP, minP: minP,
      repetitionPenalty: repetitionPenalty, seed: UInt64(seed))
  }
}
