package import SafeIO

/// What is wrong with one row, and where.
public struct RowProblem: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    case json(JSONError.Reason, lastLineUnfinished: Bool)
    case utf16
    /// A file that is no JSON Lines at all: what it is, and how to make rows of it.
    case otherFile(kind: String, advice: String)
    case lineTooLong(limit: Int)
    case schema(place: String, expected: String, found: String)
    /// A format that exists but that this command does not train on.
    case unsupported(feature: String, advice: String)
    case noSignal(why: String)
    case overlong(tokens: Int, limit: Int)
    case idOutOfRange(place: String, id: Int32, vocabularySize: Int)
    case needsTokenizer
    case needsTemplate
    case template(String)
  }

  /// The file.
  public var path: String
  /// 1-based.
  public var line: Int
  /// 1-based, in bytes.
  public var column: Int
  package var kind: Kind

  package init(path: String, line: Int, column: Int = 1, _ kind: Kind) {
    self.path = path
    self.line = line
    self.column = column
    self.kind = kind
  }

  /// The stable short name.
  public var code: String {
    switch kind {
    case .json(.duplicateKey, _): "DATA.DUPKEY"
    case .json(.invalidUTF8, _), .utf16: "DATA.UTF8"
    case .json(.tooLarge, _), .lineTooLong: "DATA.LINE"
    case .json, .otherFile: "DATA.JSON"
    case .schema, .unsupported, .idOutOfRange: "DATA.SCHEMA"
    case .noSignal: "DATA.NOSIGNAL"
    case .overlong: "DATA.LONG"
    case .needsTokenizer: "DATA.TOKENIZER"
    case .template, .needsTemplate: "DATA.TEMPLATE"
    }
  }

  /// What happened, with file, line and column.
  public var description: String {
    "\(path.escapedForMessage(limit: 1000)):\(line):\(column): \(explanation)"
  }

  private var explanation: String {
    switch kind {
    case .json(.duplicateKey(let key, _), _):
      "key '\(key.escapedForMessage())' occurs twice in one object"
    case .json(.unexpectedEnd(let expected), true):
      "the last line ends where \(expected) is expected; the file may be cut off"
    case .json(let reason, _):
      JSONError(reason, at: .none).explanation
    case .utf16: "the file is UTF-16, not UTF-8"
    case .otherFile(let kind, _): "the file is \(kind), not JSON Lines"
    case .lineTooLong(let limit): "line longer than \(limit) bytes"
    case .schema(let place, let expected, let found):
      (place.isEmpty ? "" : "\(place): ") + "expected \(expected), found \(found)"
    case .unsupported(let feature, _): "\(feature) cannot be trained on"
    case .noSignal(let why): "nothing to learn from this row: \(why)"
    case .overlong(let tokens, let limit): "\(tokens) tokens, at most \(limit) are allowed"
    case .idOutOfRange(let place, let id, let size):
      "\(place): token id \(id) is not below the vocabulary's size, \(size)"
    case .needsTokenizer: "a row of text needs a tokenizer, and the model has none"
    case .needsTemplate: "a conversation needs a chat template, and the model has none"
    case .template(let message): "the chat template refuses the row: \(message)"
    }
  }

  /// What to do about it.
  public var hint: String {
    switch kind {
    case .json(.invalidUTF8, _), .utf16: "Save the file as UTF-8."
    case .json(.duplicateKey, _): "Remove one of the two: readers disagree about which counts."
    case .otherFile(_, let advice): advice
    case .json(.loneSurrogate, _):
      "Text was cut inside a character: write the file again from whole text."
    case .json(.unexpectedEnd, true): "Copy or write the file again."
    case .json: "Each line must be one JSON object."
    case .lineTooLong: "Split the row, or check that the file has line breaks."
    case .unsupported(_, let advice): advice
    case .schema:
      "A row has \"messages\", \"prompt\" and \"completion\", \"text\", \"input_ids\" and "
        + "\"labels\", or the keys of Alpaca, ShareGPT or preference rows."
    case .noSignal: "Give the row an answer, or remove it."
    case .overlong:
      "Raise --max-length (the model's context permitting), or choose --overlong drop or "
        + "truncate."
    case .idOutOfRange: "Tokenise the rows with the tokenizer of this model."
    case .needsTokenizer: "Use a model with a tokenizer, or rows with input_ids and labels."
    case .needsTemplate:
      "Take prompt and completion as they are with --raw-completions, write rows of text, or use a model "
        + "that was made for conversations."
    case .template: "Change the row's roles to what the model's template accepts."
    }
  }
}
