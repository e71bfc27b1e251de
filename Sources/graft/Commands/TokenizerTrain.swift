import ArgumentParser
import Datasets
import Foundation
import Logging
import SafeIO
import Tokenization
import Training

/// `graft tokenizer train`: a tokenizer of one's own text.
struct TokenizerTrain: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learns a byte-level BPE tokenizer from text.",
    discussion: """
      FILE is a text file, or a .jsonl file whose rows hold text under --field (if
      it is not given: text, or else prompt, completion and messages). Files may
      be larger than the memory: word counts that do not fit go to temporary files
      beside DIR.

      The vocabulary has <|endoftext|>, <|im_start|> and <|im_end|> (ids 0, 1, 2),
      your special tokens, the reserved ones, the 256 bytes, and what is learnt.
      The same text gives the same tokenizer, whatever --threads is.

      DIR must be empty, or not exist. It receives tokenizer.json,
      tokenizer_config.json with a ChatML template, and generation_config.json,
      which transformers reads too. Ctrl-C leaves nothing behind.

      Examples:
        graft tokenizer train notes.txt --vocab-size 8192 --output my-tokenizer
        graft tokenizer train rows.jsonl --field body --vocab-size 32000 \\
          --output my-tokenizer --special-token '<|tool|>' --reserved 16
        graft tokenizer inspect --tokenizer my-tokenizer --input other.txt
      """)

  @Argument(help: "Text files and .jsonl files.", completion: .file())
  var files: [String]

  @OptionGroup var settings: TokenizerTrainSettings
  @OptionGroup var reporting: ReportingOptions

  @Option(
    help: "The directory for the tokenizer; it must be empty, or not exist.",
    completion: .directory)
  var output: String

  var logLevel: Logger.Level { reporting.logLevel }

  func run() throws {
    try RunDirectory.requireFree(output)
    let documents = try TextDocuments(paths: files, field: settings.field)
    let trainer = try BPETrainer(settings.options(scratchDirectory: Self.existing(output)))
    Interruption.install()
    let start = ContinuousClock.now
    var text = TextAccount()
    let trained = try train(trainer, documents, &text)
    try write(trained.tokenizer)
    let report = TokenizerTrainReport(
      output: output, options: trainer.options, text: text, training: trained.account,
      fingerprint: trained.tokenizer.fingerprint, seconds: (ContinuousClock.now - start).seconds)
    if reporting.json { return try JSONOutput.write(JSON(report.report.json)) }
    for line in report.report.lines { try StandardOutput.line(line) }
  }

  private func train(
    _ trainer: BPETrainer, _ documents: TextDocuments, _ text: inout TextAccount
  ) throws -> TrainedTokenizer {
    let reading = ProgressLine("bytes", total: documents.totalBytes, isQuiet: reporting.quiet)
    var merging: ProgressLine?
    let trained = try trainer.train { add in
      text = try documents.forEach { piece in
        try Interruption.throwIfRequested()
        try add(piece.bytes, piece.endsDocument)
        reading.update(piece.bytesRead)
      }
    } report: { event in
      try Interruption.throwIfRequested()
      switch event {
      case .counted(let words, let distinct):
        reading.finish("\(Quantity.count(words)) words read, \(Quantity.count(distinct)) distinct")
      case .merged(let count, let limit):
        let line = merging ?? ProgressLine("tokens", total: limit, isQuiet: reporting.quiet)
        line.update(count)
        merging = line
      }
    }
    merging?.finish("\(Quantity.count(trained.account.merges)) merges learnt")
    return trained
  }

  private func write(_ tokenizer: Tokenizer) throws {
    try Interruption.throwIfRequested()
    let parent = URL(fileURLWithPath: output).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    } catch {
      throw IOFailure.system("create", parent)
    }
    try AtomicDirectory.write(to: output) { try tokenizer.save(to: $0) }
  }

  /// The nearest directory above `path` that exists: its disk is where the result will be.
  private static func existing(_ path: String) -> String {
    var url = URL(fileURLWithPath: path).deletingLastPathComponent()
    while url.path != "/", !FileManager.default.fileExists(atPath: url.path) {
      url.deleteLastPathComponent()
    }
    return url.path
  }
}
