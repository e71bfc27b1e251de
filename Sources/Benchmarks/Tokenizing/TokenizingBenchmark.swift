import ArgumentParser
import Foundation
import SafeIO
import Tokenization

/// Encoding on one thread, beside `tokenizers` on one thread, with the same ids.
struct TokenizingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizing",
    abstract: "Megabytes per second of encoding a text, on one thread.",
    discussion: """
      The text is encoded line by line, and as a whole, each time from an empty cache of words. With --peer-python, all ids are compared with
      those of `tokenizers`; if any differs, nothing is reported.

      Examples:
        Benchmarks tokenizing --tokenizer DIR --input text.txt --peer-python .venv/bin/python
      """)

  struct OtherIDs: Error, CustomStringConvertible {
    let what: String
    var description: String { "\(what): the ids are not those of tokenizers" }
  }

  @OptionGroup var options: ReportOptions
  @OptionGroup var peers: PeerOptions

  @Option(help: "A directory with tokenizer.json.")
  var tokenizer: String

  @Option(help: "A file of UTF-8 text.")
  var input: String

  func run() throws {
    options.start()
    let tokenizer = try Tokenizer(directory: tokenizer)
    let peer = try peers.start(
      "peer_tokenizing.py", ["--tokenizer", "\(self.tokenizer)/tokenizer.json"])
    let bytes = try InputFile.contents(of: input, maxBytes: 1 << 30)
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let whole = [String(decoding: bytes, as: UTF8.self)]
    var notes = JSONObject()
    notes["input"] = JSON(input)
    notes["bytes"] = JSON(bytes.count)
    notes["peer"] = peer?.ready ?? .null
    var figures: [Figure] = []
    for (name, texts) in [("lines", lines), ("one text", whole)] {
      figures.append(try measure(name, texts, bytes.count, tokenizer, peer, &notes))
    }
    try options.report("tokenizing", figures, notes: notes)
  }

  private func measure(
    _ name: String, _ texts: [String], _ bytes: Int, _ tokenizer: Tokenizer, _ peer: Peer?,
    _ notes: inout JSONObject
  ) throws -> Figure {
    let request: JSON = ["path": JSON(input), "lines": JSON(name == "lines")]
    let found = Self.digest(texts.map { tokenizer.encode($0) })
    if let expected = try peer?.ask(request)["sha256"]?.string, expected != found.sha256 {
      throw OtherIDs(what: name)
    }
    notes["ids_\(name)"] = JSON(found.count)
    notes["ids_sha256_\(name)"] = JSON(found.sha256)

    // Both begin each round with a tokenizer that has seen no text and remembers no words.
    var samplers: [() throws -> Double] = [
      {
        let fresh = try Tokenizer(directory: self.tokenizer)
        return Alternation.time { _ = texts.map { fresh.encode($0) } }
      }
    ]
    if let peer { samplers.append { try peer.seconds(request) } }
    let seconds = try Alternation.samples(rounds: options.rounds, samplers)
    let megabytes = 1e-6 * Double(bytes)
    return Figure(
      "encoding, \(name)", "MB/s", work: megabytes, seconds: seconds[0],
      references: peer == nil ? [] : [("tokenizers", megabytes, seconds[1])])
  }

  /// The SHA-256 of the number of ids of each text and the ids, 32 bits each, and how many ids there are.
  private static func digest(_ encodings: [[Int]]) -> (sha256: String, count: Int) {
    var bytes: [UInt8] = []
    for ids in encodings {
      for number in [ids.count] + ids {
        withUnsafeBytes(of: Int32(truncatingIfNeeded: number).littleEndian) {
          bytes.append(contentsOf: $0)
        }
      }
    }
    return (FileHash.sha256(of: bytes), encodings.reduce(0) { $0 + $1.count })
  }
}
