import ArgumentParser
import Autodiff
import Datasets
import ModelFiles
import Models
import SafeIO
import TensorCore
import Tokenization

/// What a merged model is compared with the unmerged one on.
struct MergeSamples {
  /// Tokens of the longest document; logits of all documents are in memory together.
  private static let longest = 64

  /// Where the documents come from: the path of the rows, or `built-in text`.
  let source: String
  let documents: [[Int32]]

  /// The first rows of a file, or of built-in text where there is none.
  init(data: String?, rows: Int, bundle: ModelBundle) throws {
    let vocabulary = bundle.configuration.vocabularySize
    let longest = min(Self.longest, bundle.configuration.maxPositions)
    if let data {
      var builder = ExampleBuilder(
        tokenizer: bundle.tokenizer, vocabularySize: vocabulary,
        maxLength: bundle.configuration.maxPositions)
      let files = try DatasetDirectory(path: data)
      let file =
        try files.file(of: .test) ?? files.file(of: .valid) ?? files.requiredFile(of: .train)
      let examples = try builder.examples(
        from: Array(RowReader.rows(path: file).prefix(rows)), for: .anything)
      source = data
      documents = examples.map { Array($0.ids.suffix(longest)) }.filter { !$0.isEmpty }
      guard !documents.isEmpty else {
        throw ValidationError("--data: none of the first \(rows) rows can be used.")
      }
      return
    }
    source = "built-in text"
    let texts = Self.texts.map { text in
      bundle.tokenizer?.encode(text).map { Int32($0) }
        ?? text.utf8.map { Int32($0) % Int32(vocabulary) }
    }
    documents = texts.map { Array($0.prefix(longest)) }.filter { !$0.isEmpty }
  }

  private static let texts = [
    "The river rises in the mountains, turns south past three old towns, and meets the sea.",
    "Dear Sir or Madam, I write about the invoice of 14 March, which names the wrong amount.",
    "def median(values):\n    ordered = sorted(values)\n    return ordered[len(ordered) // 2]\n",
    "{\"name\": \"set_alarm\", \"arguments\": {\"time\": \"06:30\", \"days\": [\"Mon\", \"Fri\"]}}",
    "Question: Which is heavier, a litre of water or a litre of oil? Answer: water.",
  ]

  /// The logits of every document.
  func logits(_ model: DecoderLM) -> [Tensor<Float>] {
    documents.map { model.logits($0).value }
  }
}
