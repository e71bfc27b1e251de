import SafeIO

/// Why there is nothing to say about what `graft inspect` was given.
enum InspectionError: UserFacingError, Equatable {
  /// A path that holds nothing that is known.
  case unknownKind(path: String)
  /// A directory with more than one thing that could be meant.
  case ambiguous(path: String, files: [String])
  /// A `run.json` that is not JSON.
  case runDescription(path: String, line: Int, column: Int, reason: String)
  /// `--ids` that are not a list of numbers.
  case malformedIDs(text: String)
  /// An empty list.
  case noIDs
  /// An id that the model has no row for.
  case idOutOfRange(id: Int, index: Int, vocabularySize: Int)
  /// More ids than the model has positions.
  case tooManyIDs(count: Int, positions: Int)
  /// A logit that is no number.
  case notFinite(position: Int)

  var failureClass: FailureClass {
    switch self {
    case .unknownKind, .ambiguous: .model
    case .malformedIDs, .noIDs, .idOutOfRange, .tooManyIDs: .usage
    case .runDescription: .checkpoint
    case .notFinite: .numeric
    }
  }

  var code: String {
    switch self {
    case .unknownKind, .ambiguous: "INSPECT.KIND"
    case .runDescription: "RUN.JSON"
    case .malformedIDs, .noIDs: "CFG.IDS"
    case .idOutOfRange: "CFG.IDS_RANGE"
    case .tooManyIDs: "CFG.IDS_COUNT"
    case .notFinite: "NUM.LOGITS"
    }
  }

  var description: String {
    switch self {
    case .unknownKind(let path):
      "\(path.escapedForMessage(limit: 1000)): holds no model, adapter, tokenizer or run"
    case .ambiguous(let path, let files):
      "\(path.escapedForMessage(limit: 1000)): holds \(files.count) model files: "
        + files.prefix(5).map { $0.escapedForMessage() }.joined(separator: ", ")
        + (files.count > 5 ? ", …" : "")
    case .runDescription(let path, let line, let column, let reason):
      "\(path.escapedForMessage(limit: 1000)):\(line):\(column): \(reason)"
    case .malformedIDs(let text):
      "--ids: '\(text.escapedForMessage(limit: 60))' is not a token id"
    case .noIDs: "--ids: the list is empty"
    case .idOutOfRange(let id, let index, let size):
      "--ids: \(id) (number \(index + 1) of the list) is not in 0…\(size - 1)"
    case .tooManyIDs(let count, let positions):
      "--ids: \(count) ids, the model has \(positions) positions"
    case .notFinite(let position): "the logits after position \(position) are not finite"
    }
  }

  var hint: String? {
    switch self {
    case .unknownKind:
      "Give a Hugging Face directory, a .gguf or .safetensors file, a PEFT directory, a "
        + "tokenizer.json, or a run directory."
    case .ambiguous: "Give the path of one of the files."
    case .runDescription: nil
    case .malformedIDs, .noIDs:
      "Write --ids 1,2,3, or --ids @FILE with a JSON array or a comma-separated list."
    case .idOutOfRange: "The model has that many rows of embeddings; check the tokenizer."
    case .tooManyIDs: "Cut the list."
    case .notFinite: "The weights, or the adapter's, are too large; see `graft inspect ADAPTER`."
    }
  }
}
