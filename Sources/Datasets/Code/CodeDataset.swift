import Foundation
package import SafeIO

/// Rows made of a source tree, parted by files.
package struct CodeDataset: Sendable {
  /// How rows are made.
  package struct Configuration: Sendable, Equatable {
    /// Shares of the files.
    package var validShare = 0.1
    package var testShare = 0.1
    /// Of the parting and of the cuts.
    package var seed: UInt64 = 0
    package var maxFileBytes = 512 << 10

    package init() {}
  }

  /// Where a secret was found; never the secret.
  package struct Secret: Sendable, Equatable {
    package var path: String
    package var line: Int
    package var kind: String
  }

  package private(set) var rows: [DatasetDirectory.Split: [CodeRow]] = [:]
  /// Files that rows were made of, by split.
  package private(set) var files: [DatasetDirectory.Split: Int] = [:]
  /// The same by language.
  package private(set) var languages: [String: Int] = [:]
  /// Files without anything that makes a row.
  package private(set) var filesWithoutRows = 0
  package private(set) var licenceHeaders = 0
  /// Rows that stand elsewhere too; test rows go before the others.
  package private(set) var repeatedRows = 0
  package private(set) var skips: [SourceTree.Skip: Int]
  package private(set) var secrets: [Secret] = []
  package let configuration: Configuration

  /// Reads the sources below `root`.
  ///
  /// - Parameters:
  ///   - root: A directory.
  ///   - configuration: How rows are made.
  ///   - progress: Called with the number of files done, and of all.
  /// - Throws: `IOFailure`.
  package init(
    root: String, configuration: Configuration = Configuration(),
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    self.configuration = configuration
    let tree = try SourceTree(root: root)
    skips = tree.skips
    var found: [DatasetDirectory.Split: [CodeRow]] = [:]
    var contents: Set<String> = []
    for (index, path) in tree.files.enumerated() {
      add(path, root, &contents, &found)
      progress(index + 1, tree.files.count)
    }
    keepEachOnce(found)
  }

  /// The split of a file: a function of its path and the seed, so that a file that is added moves none.
  package static func split(
    of path: String, _ configuration: Configuration
  ) -> DatasetDirectory.Split {
    let hash = StableHash.of(path, seed: configuration.seed)
    let place = Double(hash >> 11) / Double(1 << 53)
    if place < configuration.testShare { return .test }
    return place < configuration.testShare + configuration.validShare ? .valid : .train
  }

  private mutating func add(
    _ path: String, _ root: String, _ contents: inout Set<String>,
    _ found: inout [DatasetDirectory.Split: [CodeRow]]
  ) {
    guard let language = CodeLanguage.of(path) else { return }
    let bytes: [UInt8]
    do {
      bytes = try InputFile.contents(of: "\(root)/\(path)", maxBytes: configuration.maxFileBytes)
    } catch let failure as IOFailure {
      if case .tooLarge = failure.reason { return skip(.tooLarge) }
      return skip(.unreadable)
    } catch {
      return skip(.unreadable)
    }
    guard contents.insert(FileHash.sha256(of: bytes)).inserted else { return skip(.copy) }
    let text: SourceText
    do throws(SourceText.Refusal) {
      text = try SourceText(bytes, path: path, language: language)
    } catch {
      switch error {
      case .binary: return skip(.binary)
      case .minified: return skip(.minified)
      case .generated: return skip(.generated)
      case .secret(let finding):
        secrets.append(Secret(path: path, line: finding.line, kind: finding.kind))
        return skip(.secret)
      }
    }
    licenceHeaders += text.hadLicenceHeader ? 1 : 0
    let rows = CodeRow.rows(
      of: text.lines, offset: text.firstLine, path: path, language, seed: configuration.seed)
    guard !rows.isEmpty else { return filesWithoutRows += 1 }
    let split = Self.split(of: path, configuration)
    files[split, default: 0] += 1
    languages[language.name, default: 0] += 1
    found[split, default: []] += rows
  }

  private mutating func skip(_ reason: SourceTree.Skip) { skips[reason, default: 0] += 1 }

  /// Leaves out rows that another file has too: what is tested must not be trained on.
  private mutating func keepEachOnce(_ found: [DatasetDirectory.Split: [CodeRow]]) {
    var seen: Set<String> = []
    for split in [DatasetDirectory.Split.test, .valid, .train] {
      let kept = (found[split] ?? []).filter {
        seen.insert("\($0.prompt)\u{FFFF}\($0.completion)").inserted
      }
      repeatedRows += (found[split] ?? []).count - kept.count
      rows[split] = kept
    }
  }

  /// Rows of a split of one kind.
  package func count(_ split: DatasetDirectory.Split, _ kind: CodeRow.Kind) -> Int {
    (rows[split] ?? []).count { $0.kind == kind }
  }

  package var rowCount: Int { rows.values.reduce(0) { $0 + $1.count } }

  package var json: JSONObject {
    var object = JSONObject()
    var splits = JSONObject()
    for split in DatasetDirectory.Split.allCases {
      splits[split.rawValue] = [
        "files": JSON(files[split] ?? 0), "rows": JSON(rows[split]?.count ?? 0),
        "completion_rows": JSON(count(split, .completion)),
        "description_rows": JSON(count(split, .description)),
      ]
    }
    object["splits"] = JSON(splits)
    var languages = JSONObject()
    for (name, count) in self.languages.sorted(by: { $0.key < $1.key }) {
      languages[name] = JSON(count)
    }
    object["languages"] = JSON(languages)
    var skipped = JSONObject()
    for reason in SourceTree.Skip.allCases {
      if let count = skips[reason] { skipped["\(reason)"] = JSON(count) }
    }
    object["skipped"] = JSON(skipped)
    object["secrets"] = JSON(
      secrets.map { ["file": JSON($0.path), "line": JSON($0.line), "kind": JSON($0.kind)] })
    object["files_without_rows"] = JSON(filesWithoutRows)
    object["licence_headers_removed"] = JSON(licenceHeaders)
    object["repeated_rows"] = JSON(repeatedRows)
    object["seed"] = JSON(String(configuration.seed))
    return object
  }
}
