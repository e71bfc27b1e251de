import Foundation
import SafeIO
import Testing

@Suite struct TokenizerTrainTests {
  private static let text = String(
    repeating: "The patient takes amoxicillin.\nThe patient is well, thanks to amoxicillin.\n",
    count: 9)

  /// Runs `graft tokenizer train` in a directory with these files, and hands it to `body`.
  private func train(
    _ files: [(name: String, text: String)], _ arguments: [String],
    then body: (CommandRunner.Outcome, ScratchDirectory) throws -> Void
  ) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    for (name, text) in files { try Data(text.utf8).write(to: scratch.url(name)) }
    let outcome = try CommandRunner.run(["tokenizer", "train"] + arguments, in: scratch.root)
    try body(outcome, scratch)
  }

  private func entries(_ scratch: ScratchDirectory) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.root.path).sorted()
  }

  @Test func whatIsTrainedEncodesAndIsInspected() throws {
    let rows = (["body": JSON(Self.text)] as JSON).serialized() + "\n{\"other\": 1}\n"

    try train(
      [("a.txt", Self.text), ("b.jsonl", rows)],
      [
        "a.txt", "b.jsonl", "--field", "body", "--vocab-size", "290", "--output", "sub/tok",
        "--json",
        "--special-token", "<|tool|>", "--reserved", "1", "--threads", "2",
      ]
    ) { outcome, scratch in
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      let report = try JSON(parsing: outcome.output)
      #expect(report["vocabulary_size"] == 290)
      #expect(report["training"]?["merges"] == 29)
      #expect(report["text"]?["rows_without_text"] == 1)
      #expect(try entries(scratch) == ["a.txt", "b.jsonl", "sub"])

      let encoded = try CommandRunner.run(
        [
          "tokenizer", "encode", "--tokenizer", "sub/tok", "--input", "b.jsonl", "--field", "other",
        ],
        in: scratch.root)
      #expect(encoded.error.contains("expected a string"))
      let inspected = try CommandRunner.run(
        [
          "tokenizer", "inspect", "--tokenizer", "sub/tok", "--input", "a.txt", "--terms",
          "amoxicillin,qqq", "--json",
        ], in: scratch.root)
      let found = try JSON(parsing: inspected.output)
      #expect(found["special_tokens"]?.array?.count == 5)
      #expect(found["sha256"] == report["sha256"])
      // 18 lines of 4 and 7 words in turn.
      #expect(found["text"]?["words"] == 99)
      #expect(found["text"]?["bytes"]?.int == Self.text.utf8.count)
      let tokens = try #require(found["text"]?["tokens"]?.int)
      #expect(
        found["text"]?["bytes_per_token"]?.double == Double(Self.text.utf8.count) / Double(tokens))
      #expect(found["text"]?["tokens_per_word"]?.double == Double(tokens) / 99)
      #expect(found["text"]?["learnt_tokens"] == 29)
      let terms = try #require(found["terms"]?["list"]?.array)
      #expect(terms.compactMap { $0["tokens"]?.int }.last == 4)
      #expect(found["terms"]?["count"] == 2)
    }
  }

  @Test func sameTextGivesTheSameBytesWhateverTheThreads() throws {
    try train(
      [("a.txt", Self.text)], ["a.txt", "--vocab-size", "290", "--output", "one", "--threads", "1"]
    ) { outcome, scratch in
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      let again = try CommandRunner.run(
        [
          "tokenizer", "train", "a.txt", "--vocab-size", "290", "--output", "two", "--threads", "4",
          "--memory", "100k",
        ], in: scratch.root)
      #expect(again.exitCode == 0, "\(again.error)")
      for name in ["tokenizer.json", "tokenizer_config.json", "generation_config.json"] {
        let files = try ["one", "two"].map { try Data(contentsOf: scratch.url("\($0)/\(name)")) }
        #expect(files[0] == files[1], "\(name)")
      }
    }
  }

  @Test func textThatSupportsFewerTokensIsSaidTo() throws {
    try train(
      [("a.txt", "aab aab")], ["a.txt", "--vocab-size", "1000", "--output", "tok"]
    ) { outcome, _ in
      #expect(outcome.exitCode == 0)
      #expect(
        outcome.output.contains(
          "warning: the text supports 261 tokens, not 1,000: no pair is left that occurs 2 times"))
    }
  }

  @Test(arguments: [
    (
      ["a.txt", "--vocab-size", "100", "--output", "tok"], 2,
      "error[TOK.VOCAB]: a vocabulary of 100"
    ),
    (["a.txt", "--vocab-size", "300", "--output", "full"], 2, "error[CFG.OUTDIR]: full: exists"),
    (["a.txt", "--vocab-size", "300", "--output", "a.txt"], 2, "error[CFG.OUTDIR]: a.txt: exists"),
    (["none", "--vocab-size", "300", "--output", "tok"], 4, "error[IO.NOTFOUND]: none: no such"),
    (
      ["full", "--vocab-size", "300", "--output", "tok"], 4, "error[IO.NOTREGULAR]: full: expected"
    ),
    (["empty", "--vocab-size", "300", "--output", "tok"], 4, "error[DATA.EMPTY]: empty: the file"),
    (
      ["nul", "--vocab-size", "300", "--output", "tok"], 4, "error[DATA.BINARY]: nul: byte 1 is NUL"
    ),
    (
      ["a.txt", "--vocab-size", "300", "--output", "tok", "--special-token", "<|im_end|>"], 2,
      "error[TOK.SPECIAL]: special token '<|im_end|>' is named twice"
    ),
    (
      ["a.txt", "--vocab-size", "300", "--output", "tok", "--pre-tokenizer", "bert"], 2,
      "error[CFG.USAGE]: The value 'bert' is invalid"
    ),
  ])
  func badInputIsRefusedAndNothingIsWritten(arguments: [String], code: Int32, message: String)
    throws
  {
    try train(
      [("a.txt", "text"), ("empty", ""), ("nul", "x\0"), ("full", "")], ["--help"]
    ) { _, scratch in
      try FileManager.default.removeItem(at: scratch.url("full"))
      try scratch.touch("full/file")
      let before = try entries(scratch)

      let outcome = try CommandRunner.run(["tokenizer", "train"] + arguments, in: scratch.root)

      #expect(outcome.exitCode == code)
      #expect(outcome.error.hasPrefix(message), "\(outcome.error)")
      #expect(try entries(scratch) == before)
    }
  }

  @Test func stoppingLeavesNothingBehind() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    var text: [UInt8] = []
    for index in 0..<4_000_000 { text += Array("w\(index % 999_983) ".utf8) }
    try Data(text).write(to: scratch.url("a.txt"))
    let process = Process()
    process.executableURL = CommandRunner.binary
    process.arguments = [
      "tokenizer", "train", "a.txt", "--vocab-size", "60000", "--memory", "1M", "--output", "tok",
    ]
    process.currentDirectoryURL = scratch.root
    let progress = Pipe()
    process.standardError = progress
    try process.run()
    // The first line of progress: from now on it listens, and spills.
    _ = progress.fileHandleForReading.availableData

    process.interrupt()
    process.waitUntilExit()

    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 130)
    #expect(try entries(scratch) == ["a.txt"])
  }

  /// A limit of 100 KiB a file, which fails as a full disk does, in the middle of a temporary file.
  @Test(arguments: ["1", "2", "4"]) func temporaryFileThatCannotBeWrittenEndsTheWork(
    threads: String
  )
    throws
  {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let text = (0..<300_000).map { "word\($0)" }.joined(separator: " ")
    try Data(text.utf8).write(to: scratch.url("a.txt"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [
      "-c", "ulimit -f 100; trap '' XFSZ; exec \"$@\"", "bash", CommandRunner.binary.path,
      "tokenizer", "train", "a.txt", "--vocab-size", "300", "--memory", "4M", "--threads", threads,
      "--pre-tokenizer", "gpt2",
      "--output", "tok", "--quiet",
    ]
    process.currentDirectoryURL = scratch.root
    let messages = Pipe()
    process.standardError = messages
    try process.run()
    let message = String(
      decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()

    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 6)
    #expect(message.contains("cannot write a temporary file in: File too large"), "\(message)")
    #expect(try entries(scratch) == ["a.txt"])
  }

  @Test func termsCanStandInAFile() throws {
    try train(
      [("a.txt", Self.text), ("terms", "amoxicillin\n\n  well thanks \n"), ("none", "\n")],
      ["a.txt", "--vocab-size", "300", "--output", "tok"]
    ) { _, scratch in
      let found = try CommandRunner.run(
        ["tokenizer", "inspect", "--tokenizer", "tok", "--terms", "terms"], in: scratch.root)
      #expect(found.exitCode == 0, "\(found.error)")
      #expect(found.output.contains("well thanks"))
      let refused = try CommandRunner.run(
        ["tokenizer", "inspect", "--tokenizer", "tok", "--terms", "none"], in: scratch.root)
      #expect(refused.exitCode == 2)
      #expect(refused.error.hasPrefix("error[CFG.TERMS]: --terms: 'none' holds no term"))
    }
  }
}
