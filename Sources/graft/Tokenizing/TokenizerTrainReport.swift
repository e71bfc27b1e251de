import Datasets
import SafeIO
import Tokenization

/// What came out of `graft tokenizer train`.
struct TokenizerTrainReport {
  let output: String
  let options: BPETrainingOptions
  let text: TextAccount
  let training: TokenizerTrainingAccount
  let fingerprint: String
  let seconds: Double

  var report: Report {
    var report = Report()
    report.say("tokenizer", output, "output", JSON(output))
    report.say(
      "vocabulary",
      "\(Quantity.count(training.vocabularySize)) tokens, "
        + "\(Quantity.count(training.merges)) merges",
      "vocabulary_size", JSON(training.vocabularySize))
    report.say(
      "words", options.preTokenizer.rawValue, "pre_tokenizer", JSON(options.preTokenizer.rawValue))
    report.say(
      "text",
      "\(Quantity.count(text.bytes)) bytes in \(Quantity.count(text.documents)) documents, "
        + "\(Quantity.count(training.words)) words, \(Quantity.count(training.distinctWords)) distinct"
    )
    if let tokens = training.tokens, tokens > 0 {
      let bytesPerToken = Double(training.bytes) / Double(tokens)
      report.say(
        "compression", "\(Quantity.fixed(bytesPerToken, digits: 3)) bytes a token",
        "bytes_per_token", JSON(bytesPerToken))
    }
    report.set("text", text.json)
    report.set("training", training.json)
    report.say("SHA-256", fingerprint, "sha256", JSON(fingerprint))
    report.say("time", Quantity.duration(seconds), "seconds", JSON(seconds))
    warn(&report)
    return report
  }

  private func warn(_ report: inout Report) {
    if training.stoppedEarly {
      report.warn(
        "the text supports \(Quantity.count(training.vocabularySize)) tokens, not "
          + "\(Quantity.count(options.vocabularySize)): no pair is left that occurs "
          + "\(Quantity.count(options.minimumFrequency)) times")
    }
    if training.droppedWords > 0 {
      report.warn(
        "\(Quantity.count(training.droppedWords)) of \(Quantity.count(training.distinctWords)) "
          + "distinct words, which occur less than \(Quantity.count(training.leastWordCount)) times, "
          + "did not fit into --memory and were left out")
    }
    if text.invalidBytes > 0 {
      report.warn("\(Quantity.count(text.invalidBytes)) bytes are not UTF-8; they were kept")
    }
    if text.rowsWithoutText > 0 {
      report.warn(
        "\(Quantity.count(text.rowsWithoutText)) of \(Quantity.count(text.rows)) rows have no text")
    }
  }
}
