import Foundation
package import ModelFiles
import SafeIO
package import Tokenization

/// The files of a model, opened and checked, their weights not read yet.
package struct ModelSource {
  package let origin: ModelBundle.Origin
  package let configuration: TransformerConfiguration
  /// Nil where the model comes without one.
  package let tokenizer: Tokenizer?
  /// The weights, under Hugging Face's names and in its order of rows.
  package let tensors: any TensorSource
  private let checkUnchangedFile: @Sendable () throws -> Void

  /// Opens a directory with `config.json`, one with a single `.gguf` file, or a `.gguf` file.
  package init(path: String) throws {
    origin = try ModelBundle.origin(of: path)
    switch origin {
    case .directory(let directory):
      configuration = try ModelBundle.configuration(inDirectory: directory)
      tokenizer = try ModelBundle.tokenizer(inDirectory: directory)
      tensors = try ShardedSafetensors(directory: directory)
      checkUnchangedFile = {}
    case .gguf(let path):
      let file = try GGUFFile(path: path)
      configuration = try TransformerConfiguration(gguf: file)
      tokenizer = try Tokenizer(gguf: file.metadata)
      tensors = try GGUFModelSource(file, configuration: configuration)
      checkUnchangedFile = { try file.checkUnchanged() }
    }
    try tokenizer?.requireFits(embeddingRows: configuration.vocabularySize)
  }

  /// Throws unless the files hold exactly the tensors that the configuration implies.
  package func checkTensors() throws {
    let configuration = configuration
    try tensors.check(DecoderLM.expectedTensors(configuration)) {
      DecoderLM.isRedundant($0, configuration)
    }
  }

  /// Throws if the file changed its size while it was read.
  package func checkUnchanged() throws { try checkUnchangedFile() }
}
