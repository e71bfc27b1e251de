package import ModelFiles
import SafeIO
package import Tokenization

/// What of a model concerns text: its sizes, its tokenizer and its template, without the weights.
package struct ModelText {
  package let configuration: TransformerConfiguration
  package let tokenizer: Tokenizer?

  /// Reads what `ModelBundle(path:)` would, but for the weights.
  ///
  /// - Throws: `ModelFileError`, `TokenizerError` or `IOFailure`.
  package init(path: String) throws {
    switch try ModelBundle.origin(of: path) {
    case .directory(let directory):
      configuration = try ModelBundle.configuration(inDirectory: directory)
      tokenizer = try ModelBundle.tokenizer(inDirectory: directory)
    case .gguf(let path):
      let file = try GGUFFile(path: path)
      configuration = try TransformerConfiguration(gguf: file)
      tokenizer = try Tokenizer(gguf: file.metadata)
    }
    try tokenizer?.requireFits(embeddingRows: configuration.vocabularySize)
  }
}
