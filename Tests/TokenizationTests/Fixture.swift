import Foundation
import SafeIO
import Testing
import Tokenization

/// Files under `Tests/Fixtures/Tokenization`, and the data beside the package where there is any.
enum Fixture {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let preTokenizers = ["gpt-2", "smollm", "qwen2", "llama-bpe"]

  static func path(_ name: String) -> String {
    root.appendingPathComponent("Tests/Fixtures/Tokenization/\(name)").path
  }

  static func shared(_ name: String) -> String {
    root.deletingLastPathComponent().appendingPathComponent("shared/\(name)").path
  }

  static let hasShared = FileManager.default.fileExists(atPath: shared("data"))

  static func json(_ name: String) throws -> JSON { try JSON(parsingFile: path(name)) }

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(json: json("tokenizer-\(name).json"))
  }
}

extension ChatMessage {
  /// A message as data sets write it.
  init(_ json: JSON) throws {
    var extra = try #require(json.object)
    extra["role"] = nil
    let content = json["content"]?.string
    if content != nil { extra["content"] = nil }
    self.init(role: try #require(json["role"]?.string), content: content ?? "", extra: extra)
  }
}

/// The generator of the fixture scripts.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  private static let blocks: [(first: Int, count: Int)] = [
    (0x20, 95), (0x20, 95), (0x61, 26), (0x30, 10), (0x09, 5), (0xA0, 0x160), (0x300, 0x70),
    (0x370, 0x190), (0x600, 0x100), (0x900, 0x100), (0x1100, 0x100), (0x2000, 0x70),
    (0x3040, 0xC0), (0x4E00, 0x5000), (0xAC00, 0x2BA4), (0x1F300, 0x300), (0x0, 0xD800),
    (0xE000, 0x2000), (0x10000, 0x100000), (0x27, 1),
  ]

  /// `random_string` of `scripts/fixtures/tokenization_fixtures.py`.
  mutating func string() -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<below(24) {
      let (first, count) = Self.blocks[below(Self.blocks.count)]
      if let scalar = Unicode.Scalar(UInt32(first + below(count))) { text.append(scalar) }
    }
    return String(text)
  }
}

/// The SHA-256 of lists of ids, each preceded by its length, as 32-bit little-endian integers.
struct IDDigest {
  var bytes: [UInt8] = []

  mutating func add(_ ids: [Int]) {
    for number in [ids.count] + ids {
      withUnsafeBytes(of: Int32(number).littleEndian) { bytes.append(contentsOf: $0) }
    }
  }

  var hex: String { FileHash.sha256(of: bytes) }
}
