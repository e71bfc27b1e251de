import ArgumentParser
import Datasets
import Foundation

/// How rows are held back for validation, where the data have no file of their own for it.
struct SplitOptions: ParsableArguments {
  @Option(
    help: """
      The share of the training rows to validate on instead, such as 0.1, where there is no \
      valid.jsonl. Rows that repeat another stay together.
      """)
  var validSplit: Double?

  @Option(
    help: "Decides which rows --valid-split takes; --seed does not, so that runs can be compared.",
    transform: FlagRule.seed)
  var splitSeed: UInt64 = 0

  func validate() throws {
    if let validSplit, !(validSplit > 0 && validSplit < 1) {
      throw ValidationError("--valid-split must be above 0 and below 1, got \(validSplit).")
    }
  }

  /// What `--data` names: paths, each with a weight behind `=` if it has one.
  static func sources(_ texts: [String]) throws -> DatasetSources {
    var sources: [DatasetSources.Source] = []
    for text in texts {
      let source = try source(text)
      guard !sources.contains(where: { $0.path == source.path }) else {
        throw ValidationError("the data '\(source.path)' are named twice.")
      }
      sources.append(source)
    }
    return try DatasetSources(sources)
  }

  private static func source(_ text: String) throws -> DatasetSources.Source {
    guard !FileManager.default.fileExists(atPath: text), let sign = text.lastIndex(of: "=") else {
      return DatasetSources.Source(path: text)
    }
    let number = text[text.index(after: sign)...]
    guard let weight = Double(number), weight > 0, weight <= 1000 else {
      throw ValidationError(
        "the weight of '\(text[..<sign])' must be above 0, at most 1000, got '\(number)'.")
    }
    return DatasetSources.Source(path: String(text[..<sign]), weight: weight)
  }

  /// The rows of the splits that there are, and of the one that is held back.
  func read(
    _ sources: DatasetSources, _ splits: [DatasetDirectory.Split],
    maxProblems: Int = DatasetError.reportLimit
  ) throws -> [DatasetDirectory.SplitRows] {
    for files in sources.directories {
      let needed: DatasetDirectory.Split =
        splits.contains(.test) && files.file(of: .train) == nil ? .test : .train
      _ = try files.requiredFile(of: needed)
      if validSplit != nil, let taken = files.file(of: .valid) {
        throw ValidationError(
          "--valid-split is for data without validation rows, but \(taken) is there.")
      }
    }
    return try sources.read(
      splits, validation: validSplit, seed: splitSeed, maxProblems: maxProblems)
  }
}
