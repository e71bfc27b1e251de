import ArgumentParser
import Logging
import SafeIO
import Tokenization

/// `graft tokenizer encode`: a line of ids for every row of text.
struct TokenizerEncode: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Writes the token ids of every row of a JSONL file.",
    discussion: """
      A row is a string, or an object with a string under --field. Nothing is put before or after
      the ids of a text. With --json a line is {"ids":[…]}, otherwise the numbers alone.

      Examples:
        graft tokenizer encode --tokenizer smollm2 --input rows.jsonl --json
        graft tokenizer encode --tokenizer tokenizer.json --input rows.jsonl --field prompt
      """)

  @OptionGroup var options: TokenizerRowOptions

  @Option(help: "The key that holds the text of a row.")
  var field = "text"

  @Flag(help: "Read control tokens that are spelled out in the text as such.")
  var special = false

  var logLevel: Logger.Level { options.log.logLevel?.level ?? .info }

  func run() throws {
    let tokenizer = try TokenizerLocation.load(options.tokenizer)
    try options.forEachRow { line, row in
      guard let text = row.string ?? row[field]?.string else {
        throw TokenizerInputError.row(
          path: options.input, line: line,
          expected: "a string, or an object with a string '\(field)'")
      }
      let ids = tokenizer.encode(text, allowingSpecialTokens: special)
      let list = ids.map { String($0) }
      return options.json
        ? #"{"ids":["# + list.joined(separator: ",") + "]}" : list.joined(separator: " ")
    }
  }
}
