import Foundation
import Inference
import TensorCore
import Testing

@Suite struct StopMatcherTests {
  /// What stops first when the whole text is known: the least end, then the longest string.
  private func expected(_ text: String, _ stops: [String]) -> String {
    let bytes = Array(text.utf8)
    for end in 0...bytes.count {
      let ending = stops.filter { bytes[..<end].suffix($0.utf8.count).elementsEqual($0.utf8) }
      if let longest = ending.map(\.utf8.count).max() {
        return String(decoding: bytes[..<(end - longest)], as: UTF8.self)
      }
    }
    return text
  }

  @Test func anySplitOfTheTextGivesTheSame() {
    var generator = RandomGenerator(seed: 1)
    let alphabet = Array("aaabbé\n")
    for _ in 0..<2000 {
      let random = { (count: Int) in
        String((0..<count).map { _ in alphabet[generator.nextIndex(below: alphabet.count)] })
      }
      let text = random(generator.nextIndex(below: 30))
      let stops = (0..<generator.nextIndex(below: 4)).map { _ in
        random(1 + generator.nextIndex(below: 5))
      }
      var matcher = StopMatcher(stops)
      var released = ""
      var rest = text[...]
      while !rest.isEmpty {
        let piece = rest.prefix(1 + generator.nextIndex(below: 4))
        rest = rest.dropFirst(piece.count)
        released += matcher.append(String(piece))
      }
      released += matcher.finish()

      #expect(released == expected(text, stops), "\(text.debugDescription) \(stops)")
    }
  }

  @Test func textIsHeldOnlyWhileItCouldBecomeAStop() {
    var matcher = StopMatcher(["\n\nUser:", "END"])

    #expect(matcher.append("one\n") == "one")
    #expect(matcher.append("two EN") == "\ntwo ")
    #expect(matcher.append("TRY") == "ENTRY")
    #expect(matcher.append("\n\nUse") == "")
    #expect(matcher.append("r: hello") == "")
    #expect(matcher.isStopped)
    #expect(matcher.append("more") == "")
    #expect(matcher.finish() == "")
  }
}
