public import ArgumentParser
public import ModelFiles

/// The sizes of a new model: a name, or numbers.
struct ModelShapeOptions: ParsableArguments {
  @Option(help: "tiny (128 wide, 4 blocks), small (320, 5) or base (576, 12).")
  var size = ModelSize.small

  @Option(help: "Width of the residual stream, instead of --size's.")
  var hiddenSize: Int?

  @Option(help: "Width inside the feed-forward.")
  var intermediateSize: Int?

  @Option(help: "Number of blocks.")
  var layers: Int?

  @Option(help: "Number of query heads.")
  var heads: Int?

  @Option(help: "Number of key and value heads; a divisor of --heads.")
  var kvHeads: Int?

  /// The configuration, checked.
  func configuration(vocabularySize: Int, context: Int) throws -> TransformerConfiguration {
    var result = size.configuration(vocabularySize: vocabularySize, context: context)
    result.hiddenSize = hiddenSize ?? result.hiddenSize
    result.intermediateSize = intermediateSize ?? result.intermediateSize
    result.layerCount = layers ?? result.layerCount
    result.headCount = heads ?? result.headCount
    result.keyValueHeadCount = kvHeads ?? (heads ?? result.keyValueHeadCount)
    func refuse(_ text: String) -> ValidationError { ValidationError(text) }
    for (flag, value) in [
      ("hidden-size", result.hiddenSize), ("intermediate-size", result.intermediateSize),
      ("layers", result.layerCount), ("heads", result.headCount),
      ("kv-heads", result.keyValueHeadCount),
    ] where !(1...65_536).contains(value) {
      throw refuse("--\(flag) must be from 1 to 65536, got \(value).")
    }
    guard result.hiddenSize % result.headCount == 0 else {
      throw refuse(
        "--hidden-size \(result.hiddenSize) is no multiple of --heads \(result.headCount).")
    }
    result.headDimension = result.hiddenSize / result.headCount
    guard result.headDimension % 2 == 0 else {
      throw refuse(
        "--hidden-size \(result.hiddenSize) over --heads \(result.headCount) is \(result.headDimension), which must be even."
      )
    }
    guard result.headCount % result.keyValueHeadCount == 0 else {
      throw refuse(
        "--kv-heads \(result.keyValueHeadCount) is no divisor of --heads \(result.headCount).")
    }
    return result
  }
}

extension ModelSize: ExpressibleByArgument {}
