import ArgumentParser
import Foundation
import SafeIO
import Tokenization

/// Training of tokenizers, beside the trainer of `tokenizers` with as many threads and the same merges.
struct TokenizerTrainingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer-training",
    abstract: "Megabytes per second of learning a vocabulary from a text.",
    discussion: """
      Each line of the text is a document, and all are in memory before the clock starts. With --peer-python,
      the merges are compared with those of `tokenizers`; if any differs, nothing is reported.

      Examples:
        Benchmarks tokenizer-training --input text.txt --peer-python .venv/bin/python
      """)

  struct OtherMerges: Error, CustomStringConvertible {
    let what: String
    var description: String { "\(what): the merges are not those of tokenizers" }
  }

  @OptionGroup var options: ReportOptions
  @OptionGroup var peers: PeerOptions

  @Option(help: "A file of UTF-8 text.")
  var input: String

  @Option(parsing: .upToNextOption, help: "Sizes of vocabularies.")
  var vocabularies = [8192, 32000]

  @Option(parsing: .upToNextOption, help: "Numbers of threads.")
  var threadCounts = [1, 2]

  @Option(help: "Also save the last tokenizer, in this new directory.")
  var save: String?

  func run() throws {
    options.start()
    let bytes = try InputFile.contents(of: input, maxBytes: 1 << 30)
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { Array($0) + [0x0A] }
    lines[lines.count - 1].removeLast()
    var notes = JSONObject()
    notes["input"] = JSON(input)
    notes["bytes"] = JSON(bytes.count)
    var figures: [Figure] = []
    for threads in threadCounts {
      let peer = try peers.start("peer_tokenizer_training.py", ["--threads", "\(threads)"])
      notes["peer"] = peer?.ready ?? .null
      for vocabulary in vocabularies {
        figures.append(
          try measure(lines, bytes.count, vocabulary: vocabulary, threads: threads, peer))
      }
    }
    if let save, let vocabulary = vocabularies.last {
      let tokenizer = try train(lines, vocabulary: vocabulary, threads: 1)
      try AtomicDirectory.write(to: save) { try tokenizer.save(to: $0) }
    }
    try options.report("tokenizer training", figures, notes: notes)
  }

  private func train(_ lines: [[UInt8]], vocabulary: Int, threads: Int) throws -> Tokenizer {
    let trainer = try BPETrainer(
      BPETrainingOptions(
        vocabularySize: vocabulary, threads: threads, scratchDirectory: NSTemporaryDirectory()))
    return try trainer.train { add in
      for line in lines where !line.isEmpty { try add(line, true) }
    }.tokenizer
  }

  private func measure(
    _ lines: [[UInt8]], _ bytes: Int, vocabulary: Int, threads: Int, _ peer: Peer?
  ) throws -> Figure {
    let name = "\(vocabulary) tokens, threads: \(threads)"
    let request: JSON = ["path": JSON(input), "vocabulary": JSON(vocabulary)]
    let merges = try train(lines, vocabulary: vocabulary, threads: threads).mergeTexts
    let digest = FileHash.sha256(of: merges.flatMap { Array(($0 + "\n").utf8) })
    if let expected = try peer?.ask(request)["sha256"]?.string, expected != digest {
      throw OtherMerges(what: name)
    }

    var samplers: [() throws -> Double] = [
      {
        try Alternation.time {
          _ = try self.train(lines, vocabulary: vocabulary, threads: threads)
        }
      }
    ]
    if let peer { samplers.append { try peer.seconds(request) } }
    let seconds = try Alternation.samples(rounds: options.rounds, samplers)
    let megabytes = 1e-6 * Double(bytes)
    var figure = Figure(
      name, "MB/s", work: megabytes, seconds: seconds[0],
      references: peer == nil ? [] : [("tokenizers", megabytes, seconds[1])])
    figure.notes["merges"] = JSON(merges.count)
    figure.notes["merges_sha256"] = JSON(digest)
    return figure
  }
}
