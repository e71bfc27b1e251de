import Datasets
import Foundation
import SafeIO
import Testing

/// The rows that this project wrote, and, where they are, those of others.
@Suite struct CommittedDataTests {
  @Test(arguments: [("function_calls", 6000, 150, 400), ("clinic_notes", 1200, 100, 200)])
  func ourRowsLoadAndNoSplitKnowsAnother(
    _ name: String, _ train: Int, _ valid: Int, _ test: Int
  ) throws {
    let dataset = try DatasetDirectory(path: "\(Support.packageRoot)/datasets/\(name)")
    func rows(_ split: DatasetDirectory.Split) throws -> [LoadedRow] {
      try RowReader.rows(path: try dataset.requiredFile(of: split), requiringOneFormat: true)
    }
    let splits = try (train: rows(.train), valid: rows(.valid), test: rows(.test))

    #expect(splits.train.count == train)
    #expect(splits.valid.count == valid)
    #expect(splits.test.count == test)
    #expect(RowOverlap(within: splits.train).count == 0)
    #expect(RowOverlap(of: splits.test, with: splits.train).count == 0)
    #expect(RowOverlap(of: splits.valid, with: splits.train).count == 0)
    var builder = ExampleBuilder(tokenizer: try Support.tokenizer(), maxLength: 4096)
    let examples = try builder.examples(from: splits.train)
    #expect(examples.count == train)
    #expect(builder.account.examplesThatStop == train)
  }

  @Test(.enabled(if: Support.sharedData != nil, "needs ../shared/data, which CI does not have"))
  func everyTrainingSetBesideThePackageLoads() throws {
    let root = try #require(Support.sharedData)
    var files: [String] = []
    for case let file as String in FileManager.default.enumerator(atPath: root) ?? .init()
    where file.hasSuffix("/train.jsonl") {
      files.append("\(root)/\(file)")
    }

    #expect(!files.isEmpty)
    let tokenizer = try Support.tokenizer()
    for file in files {
      let rows = try RowReader.rows(path: file, requiringOneFormat: true)
      var builder = ExampleBuilder(tokenizer: tokenizer, maxLength: 1 << 20)
      let examples = try builder.examples(from: rows)
      #expect(examples.count == rows.count, "\(file)")
    }
  }
}
