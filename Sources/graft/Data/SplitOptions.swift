import ArgumentParser
import Datasets

/// How rows are held back for validation, where the data have no file of their own for it.
struct SplitOptions: ParsableArguments {
  @Option(
    help: """
      The share of the training rows to validate on instead, such as 0.1, where there is no \
      valid.jsonl. Rows that repeat another stay together.
      """)
  var validSplit: Double?

  @Option(
    help: "Decides which rows --valid-split takes; --seed does not, so that runs can be compared.")
  var splitSeed: UInt64 = 0

  func validate() throws {
    if let validSplit, !(validSplit > 0 && validSplit < 1) {
      throw ValidationError("--valid-split must be above 0 and below 1, got \(validSplit).")
    }
  }

  /// The rows of the splits that there are, and of the one that is held back.
  func read(
    _ data: String, _ splits: [DatasetDirectory.Split],
    maxProblems: Int = DatasetError.reportLimit
  ) throws -> [DatasetDirectory.SplitRows] {
    let files = try DatasetDirectory(path: data)
    _ = try files.requiredFile(of: splits.contains(.test) && !hasTraining(files) ? .test : .train)
    if validSplit != nil, let taken = files.file(of: .valid) {
      throw ValidationError(
        "--valid-split is for data without validation rows, but \(taken) is there.")
    }
    return try files.read(
      splits, validation: validSplit, seed: splitSeed, maxProblems: maxProblems)
  }

  private func hasTraining(_ files: DatasetDirectory) -> Bool { files.file(of: .train) != nil }
}
