package import Tokenization

/// One row of a dataset, before tokenisation.
package enum Row: Sendable, Equatable {
  /// A document: every token after the first is to be predicted.
  case text(String)
  /// A question and its answer. Whether they go through the chat template or are concatenated is
  /// the `ExampleBuilder`'s choice: both readings are common in the wild.
  case promptCompletion(prompt: String, completion: String)
  /// A conversation; `trained[i]` says whether message `i` is to be learnt. Only messages of the
  /// assistant ever are.
  case messages([ChatMessage], trained: [Bool])
  /// A row that somebody else tokenised. `labels[i]` is what position `i` should be, predicted
  /// from the positions before it, or -100 where nothing is asked.
  case tokens(ids: [Int32], labels: [Int32])

  /// The formats that rows come in, named by the key that shows which one it is.
  package enum Format: String, Sendable, CaseIterable {
    case text, prompt, messages, tokens
  }

  package var format: Format {
    switch self {
    case .text: .text
    case .promptCompletion: .prompt
    case .messages: .messages
    case .tokens: .tokens
    }
  }
}

/// A row and where it stood.
package struct LoadedRow: Sendable, Equatable {
  package var row: Row
  package var path: String
  /// 1-based, blank lines counted.
  package var line: Int
  /// Keys of the row that nothing reads.
  package var ignoredKeys: [String]

  package init(row: Row, path: String, line: Int, ignoredKeys: [String] = []) {
    self.row = row
    self.path = path
    self.line = line
    self.ignoredKeys = ignoredKeys
  }
}
