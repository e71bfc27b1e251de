import ArgumentParser
import Datasets
import Logging
import SafeIO
import Tokenization

/// `graft tokenizer inspect`: whether a tokenizer suits a text.
struct TokenizerInspect: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows a tokenizer, and how well it suits a text and a domain's terms.",
    discussion: """
      With --input: bytes a token, tokens a word (a run without white space), and
      the learnt tokens that the text never uses. With --terms: how many tokens
      each term takes after a space. Compare two tokenizers on the same text to
      see whether a domain deserves its own vocabulary.

      Examples:
        graft tokenizer inspect --tokenizer smollm2
        graft tokenizer inspect --tokenizer my-tokenizer --input test.jsonl notes.txt
        graft tokenizer inspect --tokenizer my-tokenizer --terms amoxicillin,stent --json
      """)

  @Option(help: "A directory with tokenizer.json, such a file, a .gguf file, or a model's name.")
  var tokenizer: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Text files and .jsonl files to encode.", valueName: "file"),
    completion: .file())
  var input: [String] = []

  @Option(help: "The key that holds the text of a row (default: look for it).")
  var field: String?

  @Option(
    help: ArgumentHelp(
      "Terms of a domain: a file with one a line, or a list with commas.",
      valueName: "file|list"))
  var terms: String?

  @OptionGroup var reporting: ReportingOptions

  var logLevel: Logger.Level { reporting.logLevel }

  func validate() throws {
    if field != nil && input.isEmpty { throw ValidationError("--field needs --input.") }
  }

  func run() throws {
    let tokenizer = try TokenizerLocation.load(self.tokenizer)
    var report = Report()
    report.join("Tokenizer", TokenizerReport(tokenizer, showsTemplate: false).report)
    let vocabulary = VocabularyReport(tokenizer)
    report.join("Longest tokens", vocabulary.longest)
    if !input.isEmpty {
      let (usage, text) = try encode(tokenizer)
      report.add("text", "Text", vocabulary.text(usage, text))
    }
    if let terms {
      let list = try TermList(terms)
      report.add("terms", "Terms", TermReport(tokenizer, list.terms).report)
    }
    if reporting.json { return try JSONOutput.write(JSON(report.json)) }
    for line in report.lines { try StandardOutput.line(line) }
  }

  private func encode(_ tokenizer: Tokenizer) throws -> (TokenizerUsage, TextAccount) {
    let documents = try TextDocuments(paths: input, field: field)
    let progress = ProgressLine("bytes", total: documents.totalBytes, isQuiet: reporting.quiet)
    var usage = TokenizerUsage(tokenizer)
    let account = try documents.forEach { piece in
      usage.add(piece.bytes, endsDocument: piece.endsDocument)
      progress.update(piece.bytesRead)
    }
    progress.finish()
    return (usage, account)
  }
}
