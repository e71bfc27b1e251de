/// Sizes of models that an ordinary computer pre-trains: minutes, an hour, a day.
public enum ModelSize: String, Sendable, CaseIterable {
  /// 128 wide, 4 blocks: to try a corpus out.
  case tiny
  /// 320 wide, 5 blocks: short texts of one kind.
  case small
  /// 576 wide, 12 blocks.
  case base

  /// The sizes, for a vocabulary.
  ///
  /// Llama's architecture with tied embeddings and grouped queries.
  ///
  /// - Parameters:
  ///   - vocabularySize: Rows of the embedding.
  ///   - context: The longest context, tokens.
  /// - Returns: What `config.json` will say.
  public func configuration(vocabularySize: Int, context: Int) -> TransformerConfiguration {
    let (width, inner, layers, heads, keys) =
      switch self {
      case .tiny: (128, 352, 4, 4, 2)
      case .small: (320, 864, 5, 5, 5)
      case .base: (576, 1536, 12, 9, 3)
      }
    return TransformerConfiguration(
      vocabularySize: vocabularySize, hiddenSize: width, intermediateSize: inner,
      layerCount: layers, headCount: heads, keyValueHeadCount: keys, maxPositions: context,
      tiesEmbeddings: true)
  }
}
