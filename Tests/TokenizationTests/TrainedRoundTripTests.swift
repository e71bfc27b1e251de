import Foundation
import SafeIO
import Testing
import Tokenization

/// Text that a trained tokenizer has never seen comes back as it was.
@Suite struct TrainedRoundTripTests {
  private static let trained = Result {
    try PreTokenizer.allCases.map { rule in
      let trained = try TrainingText.train(TrainingText.madeUp, .test(1000, rule))
      return (rule, try trained.tokenizer.savedAndRead().tokenizer)
    }
  }

  /// How many random strings: `GRAFT_ROUND_TRIPS`, or 10^5.
  private static var count: Int {
    ProcessInfo.processInfo.environment["GRAFT_ROUND_TRIPS"].flatMap { Int($0) } ?? 100_000
  }

  /// Qwen 2's tokenizer composes text first: what is UTF-8 comes back in normal form C.
  private func expectIdentity(
    _ tokenizer: Tokenizer, _ rule: PreTokenizer, _ bytes: [UInt8],
    _ what: @autoclosure () -> String
  ) {
    let found = tokenizer.decodeBytes(tokenizer.encode(bytes: bytes))
    if found == bytes { return }
    let text = String(validating: bytes, as: UTF8.self)
    let isComposed =
      rule == .qwen2 && text.map { String(decoding: found, as: UTF8.self) == $0 } ?? false
    #expect(isComposed, "\(rule): \(what())")
  }

  @Test func randomBytesComeBack() throws {
    let tokenizers = try Self.trained.get()
    var random = SplitMix64(state: 21)
    for index in 0..<Self.count {
      let bytes: [UInt8]
      if index % 2 == 0 {
        bytes = (0..<random.below(24)).map { _ in UInt8(random.below(256)) }
      } else {
        let start = random.below(TrainingText.madeUp.count - 32)
        // A stretch of the text, cut anywhere, with some bytes put in anew.
        var stretch = Array(TrainingText.madeUp[start..<start + 1 + random.below(31)])
        stretch[random.below(stretch.count)] = UInt8(random.below(256))
        bytes = stretch
      }
      let (rule, tokenizer) = tokenizers[index / 2 % tokenizers.count]
      expectIdentity(tokenizer, rule, bytes, "\(index): \(bytes)")
    }
  }

  /// How much of each file is read: `GRAFT_ROUND_TRIP_BYTES`, or 64 KiB.
  private static var bytesPerFile: Int {
    ProcessInfo.processInfo.environment["GRAFT_ROUND_TRIP_BYTES"].flatMap { Int($0) } ?? 1 << 16
  }

  @Test(.enabled(if: Fixture.hasShared, "needs ../shared/data, which CI does not have"))
  func filesOfAllKindsComeBack() throws {
    let root = Fixture.shared("data")
    let files = try #require(FileManager.default.enumerator(atPath: root))
    var seen = 0
    for case let name as String in files where !name.hasSuffix("/") {
      guard let file = try? InputFile(path: "\(root)/\(name)"), file.size > 0 else { continue }
      let bytes = try file.read(offset: 0, count: min(file.size, Self.bytesPerFile))
      for (rule, tokenizer) in try Self.trained.get() {
        expectIdentity(tokenizer, rule, bytes, name)
      }
      seen += 1
    }
    #expect(seen > 0)
  }
}
