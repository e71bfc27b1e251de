import Datasets
import Foundation
import SafeIO
import Testing

@Suite struct CodeDatasetTests {
  private func dataset(
    _ files: [String: String], _ configure: (inout CodeDataset.Configuration) -> Void = { _ in }
  ) throws -> CodeDataset {
    var configuration = CodeDataset.Configuration()
    configuration.validShare = 0
    configuration.testShare = 0
    configure(&configuration)
    return try Support.withDirectory { directory in
      for (name, text) in files { try write(text, directory, name) }
      return try CodeDataset(root: directory, configuration: configuration)
    }
  }

  private func write(_ text: String, _ directory: String, _ name: String) throws {
    let folder = ("\(directory)/\(name)" as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Support.write(text, to: "\(directory)/\(name)")
  }

  private func rows(_ dataset: CodeDataset, _ kind: CodeRow.Kind) -> [CodeRow] {
    (dataset.rows[.train] ?? []).filter { $0.kind == kind }
  }

  private let python = """
    # Copyright 2026 Example. All rights reserved.
    # Licensed under something.

    from math import pi

    @cache
    def area(radius):
        \"\"\"Returns the area of a circle.\"\"\"
        # A comment: with a colon
        squared = radius * radius

        text = \"\"\"
    not the end
    \"\"\"
        return math.pi * squared

    class Shape:
        def name(
            self,
        ):
            kind = type(self)
            return kind.__name__
    """

  @Test func pythonFunctionsEndWhereTheirIndentationDoes() throws {
    let dataset = try dataset(["a.py": python])

    let described = rows(dataset, .description)
    #expect(described.count == 1)
    #expect(
      described.first?.prompt
        == "@cache\ndef area(radius):\n    \"\"\"Returns the area of a circle.\"\"\"\n")
    #expect(
      described.first?.completion == """
            # A comment: with a colon
            squared = radius * radius

            text = \"\"\"
        not the end
        \"\"\"
            return math.pi * squared

        """)
    // Lines are those of the file, the licence header included.
    #expect(described.first?.line == 9)
    let completions = rows(dataset, .completion)
    #expect(completions.count == 2)
    for row in completions {
      #expect(row.prompt.hasPrefix("from math import pi\n"), "\(row.prompt)")
      #expect(
        row.completion.hasSuffix("return math.pi * squared\n")
          || row.completion.hasSuffix("return kind.__name__\n"))
    }
    #expect(dataset.licenceHeaders == 1)
  }

  private let swift = """
    // SPDX-License-Identifier: MIT

    /// Adds two numbers, and says so.
    @inlinable
    func add(_ a: Int, _ b: Int) -> Int {
      let text = "}"  // }
      /* } */
      if a > b { return b + a }
      return a + b
    }

    struct Other {
      func call() {
        print(add(1, 2))
        print("two")
      }
    }
    """

  @Test func bracesInStringsAndCommentsDoNotEndAFunction() throws {
    let dataset = try dataset(["a.swift": swift])

    let described = rows(dataset, .description)
    #expect(
      described.map(\.prompt) == [
        """
        /// Adds two numbers, and says so.
        @inlinable
        func add(_ a: Int, _ b: Int) -> Int {

        """
      ])
    #expect(described.first?.completion.hasSuffix("  return a + b\n}\n") == true)
    #expect(rows(dataset, .completion).count == 2)
    #expect(dataset.licenceHeaders == 1)
  }

  @Test func blockCommentsDescribeFunctionsOfC() throws {
    let text = """
      /**
       * Sums an array of numbers.
       */
      static int sum(const int *values,
                     int count) {
        int total = 0;
        for (int i = 0; i < count; i++) { total += values[i]; }
        return total;
      }

      int declared(int a);
      """

    let dataset = try dataset(["a.c": text])

    let described = rows(dataset, .description)
    #expect(described.count == 1)
    #expect(described.first?.prompt.hasPrefix("/**\n") == true)
    #expect(described.first?.completion.hasPrefix("  int total = 0;\n") == true)
    #expect(described.first?.completion.hasSuffix("  return total;\n}\n") == true)
  }

  @Test func promptAndCompletionAreTheFileAsItStands() throws {
    let dataset = try dataset(["a.py": python, "b.swift": swift, "c.sh": "a=1\nb=2\nc=3\nd=4\n"])

    let all = dataset.rows[.train] ?? []
    #expect(Set(all.map(\.path)) == ["a.py", "b.swift", "c.sh"])
    for row in all {
      let file = row.path == "a.py" ? python : row.path == "b.swift" ? swift : "a=1\nb=2\nc=3\nd=4"
      #expect((file + "\n").contains(row.prompt + row.completion), "\(row)")
      let before = file.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(row.completion.hasPrefix(before[row.line - 1] + "\n"), "\(row)")
    }
  }

  // Spelled in pieces, so that this file is no finding itself.
  static let secrets: [(String, String)] = [
    ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ("AWS access key", "aws = \"AKI" + "AIOSFODNN7EXAMPLE\""),
    ("GitHub token", "t = 'gh" + "p_0123456789abcdefghijABCDEFGHIJ012345'"),
    ("Slack token", "x = \"xox" + "b-123456789012-abcdefGHIJ\""),
    ("value of a secret's name", "DB_PASS" + "WORD = \"hunter2-Xq9!kd\""),
    ("value of a secret's name", "api" + "-key: 'zX81-kk2p-Qm40'"),
  ]

  @Test(arguments: secrets) func filesWithSecretsAreLeftOutAndNamed(_ kind: String, _ line: String)
    throws
  {
    let dataset = try dataset(["a.py": python, "b.py": python + "\n\(line)\n"])

    #expect(dataset.skips[.secret] == 1)
    #expect(dataset.secrets.map(\.kind) == [kind])
    #expect(dataset.secrets.map(\.path) == ["b.py"])
    #expect(dataset.secrets.first?.line == 23)
    #expect((dataset.rows[.train] ?? []).allSatisfy { $0.path == "a.py" })
    #expect(!JSON(dataset.json).serialized().contains("hunter2"))
  }

  @Test(arguments: [
    "pass" + "word = \"changeme\"", "token = os.environ[\"TOKEN_2026\"]",
    "secret" + "_name = \"projects/{project}/secrets/1\"",
    "key = \"sk-learn-is-a-long-name-of-things\"",
    "tokens = [\"a1\", \"b2\"]", "pass" + "word: str = \"aaaaaaaa1\"",
  ]) func ordinaryLinesAreNoSecrets(_ line: String) throws {
    let dataset = try dataset(["b.py": python + "\n\(line)\n"])

    #expect(dataset.secrets.isEmpty)
    #expect(dataset.rowCount > 0)
  }

  @Test func whatIsNoSourceIsCountedAndLeftOut() throws {
    let dataset = try dataset(
      [
        "good.py": python, "copy.py": python, "notes.txt": "text", "node_modules/x.js": swift,
        ".build/y.swift": swift, "gen.py": "# Code generated by a tool. DO NOT EDIT.\n" + python,
        "z.pb.swift": swift, "wide.js": "var a = '" + String(repeating: "x", count: 3000) + "'",
        "nul.c": "int a;\u{0}", "large.py": python + String(repeating: "# more\n", count: 2000),
      ]
    ) { $0.maxFileBytes = 8000 }

    #expect(dataset.files == [.train: 1])
    #expect(
      dataset.skips == [
        .copy: 1, .otherKind: 1, .directory: 2, .generated: 2, .minified: 1, .binary: 1,
        .tooLarge: 1,
      ])
  }

  @Test func linksAreNotFollowedAndPipesAreNotOpened() throws {
    try Support.withDirectory { outside in
      try write(python, outside, "secret/outside.py")
      try Support.withDirectory { directory in
        try write(swift, directory, "a.swift")
        for (link, target) in [
          ("linked", "\(outside)/secret"), ("b.py", "\(outside)/secret/outside.py"),
          ("loop", directory),
        ] {
          try FileManager.default.createSymbolicLink(
            atPath: "\(directory)/\(link)", withDestinationPath: target)
        }
        #expect(mkfifo("\(directory)/pipe.py", 0o600) == 0)

        let dataset = try CodeDataset(root: directory)

        #expect(dataset.skips == [.symbolicLink: 3, .otherKind: 1])
        #expect(dataset.files.values.reduce(0, +) == 1)
      }
    }
  }

  @Test func aFileStandsInOneSplitByItsPathAndTheSeed() throws {
    var files: [String: String] = [:]
    for index in 0..<120 {
      files["m\(index).py"] = python.replacing("area", with: "area_\(index)")
        .replacing("kind", with: "kind_\(index)")
    }
    func make(_ seed: UInt64) throws -> CodeDataset {
      try dataset(files) {
        $0.testShare = 0.25
        $0.validShare = 0.25
        $0.seed = seed
      }
    }

    let (first, again, other) = (try make(1), try make(1), try make(2))

    var places: [String: DatasetDirectory.Split] = [:]
    for (split, rows) in first.rows {
      for row in rows {
        #expect(places[row.path, default: split] == split)
        places[row.path] = split
      }
    }
    #expect(places.count == 120)
    #expect(first.rows == again.rows)
    #expect(first.rows != other.rows)
    // 30 expected, with a standard deviation of 4.7.
    #expect((15...45).contains(first.files[.test] ?? 0))
    #expect((15...45).contains(first.files[.valid] ?? 0))
  }

  @Test func rowsThatTwoFilesHaveStayInTheTestSetOnly() throws {
    var files: [String: String] = [:]
    for index in 0..<40 { files["m\(index).sh"] = "a=1\nb=2\nc=3\n\n\n# \(index)\n" }

    let dataset = try dataset(files) { $0.testShare = 0.5 }

    // The cut depends on the path: with three lines there are two of them.
    let all = dataset.rows.values.flatMap { $0.map { $0.prompt + "|" + $0.completion } }
    #expect(Set(all).count == all.count && all.isEmpty)
    let longer = try self.dataset(files.mapValues { "w=0\n" + $0 }) { $0.testShare = 0.5 }
    let rows = longer.rows.values.flatMap { $0.map { $0.prompt + "|" + $0.completion } }
    #expect(Set(rows).count == rows.count && !rows.isEmpty)
    #expect(longer.repeatedRows == 40 - rows.count)
    #expect((longer.rows[.test]?.count ?? 0) > 0)
  }

  @Test func whatIsWrittenCanBeReadAndHasNoLeak() throws {
    try Support.withDirectory { directory in
      for index in 0..<60 {
        try write(
          python.replacing("area", with: "area_\(index)").replacing("kind", with: "kind_\(index)"),
          directory, "source/m\(index).py")
      }
      let dataset = try CodeDataset(root: "\(directory)/source")

      try dataset.write(to: "\(directory)/rows", source: "\(directory)/source")

      let read = try DatasetDirectory(path: "\(directory)/rows").read()
      #expect(read.map(\.split) == [.train, .valid, .test])
      for part in read {
        try part.file.requireWhole()
        #expect(part.file.rows.count == dataset.rows[part.split]?.count)
        #expect(part.file.rows.allSatisfy { $0.format == .prompt && $0.ignoredKeys == ["id"] })
      }
      let card = try String(contentsOfFile: "\(directory)/rows/README.md", encoding: .utf8)
      #expect(card.contains("--raw-completions") && card.contains("Python (60 files)"))
    }
  }

  @Test func aTreeWithoutCodeIsAnError() throws {
    let error = try Support.withDirectory { directory in
      try #require(throws: DatasetError.self) {
        try CodeDataset(root: directory).write(to: "\(directory)/rows", source: directory)
      }
    }

    #expect(error.code == "DATA.EMPTY")
    #expect(throws: IOFailure.self) { try CodeDataset(root: "/nowhere") }
  }
}
