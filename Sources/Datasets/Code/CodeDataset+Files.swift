import SafeIO

extension CodeDataset {
  /// Writes `train.jsonl`, `valid.jsonl` and `test.jsonl`, those that have rows, and a README.
  ///
  /// - Throws: `DatasetError.empty` if there are no rows; `IOFailure`.
  package func write(to path: String, source: String) throws {
    guard rowCount > 0 else { throw DatasetError.noCode(path: source) }
    try AtomicDirectory.write(to: path) { folder in
      for split in DatasetDirectory.Split.allCases {
        guard let rows = rows[split], !rows.isEmpty else { continue }
        try AtomicFile.write(to: "\(folder)/\(split.rawValue).jsonl") { sink in
          for row in rows { try sink.write(row.json.serialized() + "\n") }
        }
      }
      try AtomicFile.write(Array(card(source: source).utf8), to: "\(folder)/README.md")
    }
  }

  /// What a person who finds the directory should know.
  func card(source: String) -> String {
    let name = source.split(separator: "/").last.map(String.init) ?? source
    var text = """
      # Rows of source code: \(name.escapedForMessage())

      Made by `graft data code` with seed \(configuration.seed). A row has a `prompt` (a file up to some \
      line) and a `completion` (the rest of the function or paragraph). Train and evaluate with \
      `--raw-completions`: prompts are code, not questions. `id` says where the completion begins.

      | Split | Files | Completions | From a description |
      |---|---|---|---|

      """
    for split in DatasetDirectory.Split.allCases {
      text +=
        "| \(split.rawValue) | \(files[split] ?? 0) | \(count(split, .completion)) "
        + "| \(count(split, .description)) |\n"
    }
    text += "\nA file stands in one split as a whole. Languages: "
    text +=
      languages.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) (\($0.value) files)" }.joined(separator: ", ") + ".\n"
    text += "\nLeft out: \(repeatedRows) repeated rows, \(licenceHeaders) licence headers"
    for reason in SourceTree.Skip.allCases {
      if let count = skips[reason] { text += ", \(count) \(reason.rawValue)" }
    }
    return text + ".\n\nThe rows are under the licence of their source.\n"
  }
}
