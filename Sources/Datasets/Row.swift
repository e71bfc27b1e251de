public import Tokenization

/// One row of a dataset, before tokenisation.
public enum Row: Sendable, Equatable {
  /// A document: every token after the first is to be predicted.
  case text(String)
  /// A question and its answer. Whether they go through the chat template or are concatenated is
  /// the `ExampleBuilder`'s choice: both readings are common in the wild.
  case promptCompletion(prompt: String, completion: String)
  /// A conversation; `trained[i]` says whether message `i` is to be learnt. Only messages of the
  /// assistant ever are.
  case messages([ChatMessage], trained: [Bool], inputs: TemplateInputs = TemplateInputs())
  /// A row that somebody else tokenised. `labels[i]` is what position `i` should be, predicted
  /// from the positions before it, or -100 where nothing is asked.
  case tokens(ids: [Int32], labels: [Int32])
  /// Two answers to one prompt, one better than the other.
  ///
  /// Both are `promptCompletion`, or both `messages` of which only the answer is trained.
  indirect case preference(chosen: Row, rejected: Row)
  /// An answer that is good or bad by itself: a `promptCompletion`, or `messages`.
  indirect case unpaired(Row, isDesirable: Bool)

  /// The formats that rows come in, named by the key that shows which one it is.
  public enum Format: String, Sendable, CaseIterable {
    /// Named for `text`, `prompt`, `messages` and, of tokenised rows, `input_ids`.
    case text, prompt, messages, tokens
    /// `instruction`, `input` and `output`.
    case alpaca
    /// `conversations` with `from` and `value`.
    case sharegpt
    /// `chosen` and `rejected`.
    case preference
    /// `prompt`, `completion` and a `label` that is true or false.
    case unpaired
  }

  /// The format of a row that was not read from a file.
  public var format: Format {
    switch self {
    case .text: .text
    case .promptCompletion: .prompt
    case .messages: .messages
    case .tokens: .tokens
    case .preference: .preference
    case .unpaired: .unpaired
    }
  }

  /// The rows that a model could be shown: both of a preference, otherwise one.
  package var sides: [Row] {
    switch self {
    case .preference(let chosen, let rejected): [chosen, rejected]
    case .unpaired(let row, _): [row]
    default: [self]
    }
  }
}

/// A row and where it stood.
public struct LoadedRow: Sendable, Equatable {
  /// The row.
  public var row: Row
  /// The file.
  public var path: String
  /// 1-based, blank lines counted.
  public var line: Int
  /// Keys of the row that nothing reads.
  public var ignoredKeys: [String]
  /// The format that the row came in.
  public var format: Row.Format

  /// A row and where it stands; its format is that of `row` unless it came in another.
  public init(
    row: Row, path: String, line: Int, ignoredKeys: [String] = [], format: Row.Format? = nil
  ) {
    self.row = row
    self.path = path
    self.line = line
    self.ignoredKeys = ignoredKeys
    self.format = format ?? row.format
  }
}
