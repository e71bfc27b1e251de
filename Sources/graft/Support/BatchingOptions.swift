public import ArgumentParser
import SafeIO
public import Training

/// How rows are put together, and what is remembered of them.
struct BatchingOptions: ParsableArguments {
  @Option(
    help: """
      How batches are put together: shuffled, or grouped (rows of like length). Nothing is padded in \
      either; grouped steps take like times.
      """)
  var batching = Batching.shuffled

  @Flag(
    help: """
      Compute blocks below the first one that learns anew in each epoch, instead of keeping what they \
      make of each row in a scratch file. The bits are the same.
      """)
  var noPrefixCache = false

  func apply(to configuration: inout TrainingConfiguration) {
    configuration.batching = batching
    configuration.cachesFrozenPrefix = !noPrefixCache
  }

  /// Adds the effective settings, by their keys.
  func add(to object: inout JSONObject) {
    object["batching"] = JSON(batching.rawValue)
    object["prefix-cache"] = JSON(!noPrefixCache)
  }
}

extension Batching: ExpressibleByArgument {}
