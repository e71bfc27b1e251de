import ArgumentParser
import Logging
import SafeIO
import Tokenization

/// `graft tokenizer decode`: a line of text for every row of ids.
struct TokenizerDecode: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Writes the text of every row of token ids of a JSONL file.",
    discussion: """
      A row is an array of ids, or an object with one under ids or input_ids. With --json a line is
      {"text": …}, otherwise the text as it is, line ends included.

      Examples:
        graft tokenizer decode --tokenizer smollm2 --input ids.jsonl --json
      """)

  @OptionGroup var options: TokenizerRowOptions

  @Flag(help: "Leave control tokens out.")
  var skipSpecial = false

  var logLevel: Logger.Level { options.log.logLevel?.level ?? .info }

  func run() throws {
    let tokenizer = try TokenizerLocation.load(options.tokenizer)
    try options.forEachRow { line, row in
      let ids = try self.ids(row, line)
      if let unknown = ids.first(where: { tokenizer.token(for: $0) == nil }) {
        throw TokenizerInputError.noToken(path: options.input, line: line, id: unknown)
      }
      let text = tokenizer.decode(ids, skippingSpecialTokens: skipSpecial)
      return options.json ? (["text": JSON(text)] as JSON).serialized() : text
    }
  }

  private func ids(_ row: JSON, _ line: Int) throws -> [Int] {
    let list = row.array ?? row["ids"]?.array ?? row["input_ids"]?.array
    let ids = list?.compactMap(\.int)
    guard let ids, ids.count == list?.count else {
      throw TokenizerInputError.row(
        path: options.input, line: line,
        expected: "an array of integers, or an object with one under ids or input_ids")
    }
    return ids
  }
}
