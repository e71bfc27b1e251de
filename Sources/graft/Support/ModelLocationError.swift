package import SafeIO

/// Why `--model` does not lead to a model.
package enum ModelLocationError: UserFacingError, Equatable {
  /// Nothing lies at any of the places that the name could mean.
  case notFound(String, lookedAt: [String], nearest: String?)
  /// The directory holds neither `config.json` nor a GGUF file.
  case holdsNoModel(path: String)
  /// The directory holds more than one GGUF file and no `config.json`.
  case holdsSeveral(path: String, files: [String])
  /// The directory holds an adapter, not a model.
  case isAdapter(path: String)
  /// The path is a file, but not a GGUF file.
  case notGGUF(path: String)
  /// The directory cannot be listed.
  case unreadable(path: String)

  package var failureClass: FailureClass { .model }

  package var code: String {
    switch self {
    case .notFound: "MODEL.NOT_FOUND"
    case .holdsNoModel: "MODEL.EMPTY"
    case .holdsSeveral: "MODEL.AMBIGUOUS"
    case .isAdapter: "MODEL.ADAPTER"
    case .notGGUF: "MODEL.FORMAT"
    case .unreadable: "MODEL.UNREADABLE"
    }
  }

  package var description: String {
    switch self {
    case .notFound(let name, let lookedAt, _):
      "no model '\(name.escapedForMessage())'; looked at "
        + lookedAt.map { $0.escapedForMessage() }.joined(separator: ", ")
    case .holdsNoModel(let path):
      "\(path.escapedForMessage()): holds neither config.json nor a .gguf file"
    case .holdsSeveral(let path, let files):
      "\(path.escapedForMessage()): holds \(files.count) .gguf files: "
        + files.prefix(5).map { $0.escapedForMessage() }.joined(separator: ", ")
        + (files.count > 5 ? ", …" : "")
    case .isAdapter(let path):
      "\(path.escapedForMessage()): holds an adapter, not a model"
    case .notGGUF(let path):
      "\(path.escapedForMessage()): is a file, but its name does not end in .gguf"
    case .unreadable(let path):
      "\(path.escapedForMessage()): the directory cannot be listed"
    }
  }

  package var hint: String? {
    switch self {
    case .notFound(_, _, let nearest?): "Did you mean '\(nearest.escapedForMessage())'?"
    case .notFound: "scripts/get-model.sh smollm2 puts a model into checkpoints/."
    case .holdsNoModel: "Give a Hugging Face directory or a .gguf file."
    case .holdsSeveral: "Give the path of one of the files."
    case .isAdapter: "Give it to --adapter, and its base to --model."
    case .notGGUF: "Give a .gguf file, or the directory that holds config.json."
    case .unreadable: "Check its permissions."
    }
  }
}
