import Foundation
import Inference
import Models
import TensorCore
import Testing
import Tokenization

/// Text that comes in pieces is the text that comes at once, wherever characters and stop strings are cut.
@Suite struct StreamedTextTests {
  /// Tokens, and strings that end the text: some of them stand in it, or nearly.
  private struct Case {
    let tokens: [Int]
    let stops: [String]
    let keepsStop: Bool

    init(_ random: inout RandomGenerator, _ tokenizer: Tokenizer) {
      let pieces = ["aab", "aa", "ab", "é", "ö", "日本", "🙂", "👩‍👩‍👧", "\n", " ", "stop", "e\u{301}"]
      func pick(_ bound: Int) -> Int { random.nextIndex(below: bound) }
      func text() -> String { (0..<1 + pick(4)).map { _ in pieces[pick(pieces.count)] }.joined() }
      tokens = (0..<1 + pick(8)).flatMap { _ in
        // Now and then tokens that are no text: bytes of a character that never becomes whole.
        pick(5) == 0 ? [3 + pick(317)] : tokenizer.encode(text())
      }
      let whole = Array(tokenizer.decode(tokens, skippingSpecialTokens: true).unicodeScalars)
      stops = (0..<pick(4)).map { _ in
        guard !whole.isEmpty, pick(3) > 0 else { return text() }
        let start = pick(whole.count)
        let end = min(whole.count, start + 1 + pick(5))
        return String(String.UnicodeScalarView(whole[start..<end])) + (pick(4) == 0 ? "a" : "")
      }
      keepsStop = pick(4) == 0
    }

    /// What the text is, from all of its bytes at once.
    func expected(_ tokenizer: Tokenizer) -> (text: [UInt8], isStopped: Bool) {
      let bytes = Array(tokenizer.decode(tokens, skippingSpecialTokens: true).utf8)
      for end in 0...bytes.count {
        let ending = stops.map { Array($0.utf8) }
          .filter { !$0.isEmpty && bytes[..<end].reversed().starts(with: $0.reversed()) }
        guard let longest = ending.map(\.count).max() else { continue }
        return (Array(bytes[..<(keepsStop ? end : end - longest)]), true)
      }
      return (bytes, false)
    }

    /// How much of the end of `bytes` may still become a stop string.
    func undecided(_ bytes: [UInt8]) -> Int {
      (0...bytes.count).last { count in
        stops.contains { $0.utf8.count > count && $0.utf8.starts(with: bytes.suffix(count)) }
      } ?? 0
    }
  }

  @Test func streamedTextIsTheWholeTextOverRandomCases() throws {
    let tokenizer = try #require(try ModelBundle(path: ServingFixture.path).tokenizer)
    var random = RandomGenerator(seed: 6)
    var (stopped, differences, heldTooLong) = (0, 0, 0)

    for _ in 0..<100_000 {
      let example = Case(&random, tokenizer)
      var decoder = StreamingDecoder(tokenizer)
      var matcher = StopMatcher(example.stops, keepsStop: example.keepsStop)
      var (settled, streamed): ([UInt8], [UInt8]) = ([], [])
      for token in example.tokens {
        let piece = decoder.append(token)
        settled += Array(piece.utf8)
        streamed += Array(matcher.append(piece).utf8)
        if matcher.isStopped { break }
        // Held back exactly as long as needed.
        if settled.count - streamed.count != example.undecided(settled) { heldTooLong += 1 }
      }
      if !matcher.isStopped { streamed += Array(matcher.append(decoder.finish()).utf8) }
      streamed += Array(matcher.finish().utf8)

      let expected = example.expected(tokenizer)
      if streamed != expected.text || matcher.isStopped != expected.isStopped { differences += 1 }
      if expected.isStopped { stopped += 1 }
    }

    #expect(differences == 0)
    #expect(heldTooLong == 0)
    #expect(stopped > 20_000 && stopped < 80_000)
  }

  @Test func aSlowReaderGetsTheSameInFewerPieces() async {
    let buffer = EventBuffer()
    for index in 0..<1000 {
      buffer.send(
        .text(choice: index % 3, text: "\(index) ", tokens: [TokenScore(id: index)]))
    }
    buffer.send(.finished(choice: 0, reason: .stop))
    buffer.close()
    var answer = ServingAnswer()
    var events = 0

    while let event = await buffer.next() {
      #expect(throws: Never.self) { try answer.add(event) }
      events += 1
    }

    #expect(events == 4)
    for choice in 0..<3 {
      let expected = Array(stride(from: choice, to: 1000, by: 3))
      #expect(answer.choices[choice].ids == expected)
      #expect(answer.choices[choice].text == expected.map { "\($0) " }.joined())
    }
  }

  @Test func theEngineStreamsWhatItGivesAsAWhole() async throws {
    let engine = try ServingFixture.engine()
    let prompt = ServingFixture.ids(5, seed: 2)
    var whole = ServingRequest(
      prompt: prompt, sampling: .init(temperature: 2, seed: 4), maxTokens: 60)
    let text = try #require(try await engine.answer(whole).choices.first).text
    let characters = Array(text)
    try #require(characters.count > 12)
    whole.stops = [String(characters[7..<10])]
    let cut = String(text[..<(try #require(text.range(of: whole.stops[0]))).lowerBound])
    var streamed = ""

    for await event in try engine.submit(whole).events {
      if case .text(_, let piece, _) = event { streamed += piece }
    }
    whole.includesStop = true
    let including = try #require(try await engine.answer(whole).choices.first)

    #expect(streamed == cut)
    #expect(including.text == cut + whole.stops[0])
    #expect(including.finishReason == .stop)
  }
}
