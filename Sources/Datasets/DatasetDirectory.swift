import Foundation
import SafeIO

/// The files of a dataset: a directory with `train.jsonl`, `valid.jsonl` and `test.jsonl`, those
/// that exist, or one file.
public struct DatasetDirectory: Sendable, Equatable {
  /// The parts of a dataset.
  public enum Split: String, Sendable, CaseIterable {
    /// What is learnt from, what training is watched on, and what the result is measured on.
    case train, valid, test

    /// The names that the file may have, the usual one first.
    public var fileNames: [String] {
      self == .valid ? ["valid.jsonl", "validation.jsonl"] : ["\(rawValue).jsonl"]
    }
  }

  /// What was given.
  public let path: String
  /// True if `path` is itself the file of rows.
  public let isSingleFile: Bool
  private let files: [Split: String]

  /// Looks which files there are; reads none of them.
  ///
  /// - Throws: `IOFailure` if there is nothing at `path`, `DatasetError.missingFile` for a
  ///   directory without any of the files.
  public init(path: String) throws {
    self.path = path
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw IOFailure(path, .notFound, failureClass: .dataset)
    }
    isSingleFile = !isDirectory.boolValue
    guard isDirectory.boolValue else {
      files = [:]
      return
    }
    var found: [Split: String] = [:]
    for split in Split.allCases {
      found[split] = split.fileNames.map { "\(path)/\($0)" }
        .first { FileManager.default.fileExists(atPath: $0) }
    }
    files = found
    if found.isEmpty {
      throw DatasetError.missingFile(
        directory: path, names: Split.allCases.flatMap(\.fileNames))
    }
  }

  /// The file of a split, if there is one.
  ///
  /// A single file serves as the split that is asked for,
  /// but nobody's validation set.
  public func file(of split: Split) -> String? {
    isSingleFile ? (split == .valid ? nil : path) : files[split]
  }

  /// The file of a split that the caller cannot do without.
  ///
  /// - Throws: `DatasetError.missingFile`.
  public func requiredFile(of split: Split) throws -> String {
    guard let file = file(of: split) else {
      throw DatasetError.missingFile(directory: path, names: split.fileNames)
    }
    return file
  }
}
