import TestSupport
import Testing
import Tokenization

/// The qwen2 fixture composes text before it encodes: decoding its ids gives the normal form.
@Suite struct NormalizationTests {
  private static func composed(_ text: String) throws -> [UInt32] {
    let tokenizer = try Fixture.tokenizer("qwen2")
    return tokenizer.decode(tokenizer.encode(text)).unicodeScalars.map(\.value)
  }

  // tokenizers 0.23.3: [hex(ord(c)) for c in normalizers.NFC().normalize_str(text)]
  @Test(
    arguments: [
      ("e\u{301}", [0xE9]), ("q\u{307}\u{323}", [0x71, 0x323, 0x307]),
      // Marks that come apart, and are ordered among those around them.
      ("a\u{344}", [0xE4, 0x301]), ("\u{344}\u{F81}", [0xF71, 0xF80, 0x308, 0x301]),
      ("\u{F72}\u{F75}", [0xF71, 0xF72, 0xF74]), ("\u{301}\u{F73}", [0xF71, 0xF72, 0x301]),
      // A tag character is not the letter 65,536 below it.
      ("\u{E0057}\u{301}", [0xE0057, 0x301]),
      // A class that is newer than the tables.
      ("\u{11D45}\u{338}", [0x11D45, 0x338]),
      // What does not compose again, and what is another character.
      ("\u{958}", [0x915, 0x93C]), ("\u{212B}", [0xC5]), ("\u{1D15E}", [0x1D157, 0x1D165]),
      ("\u{1100}\u{1161}\u{11A8}", [0xAC01]), ("\u{AC01}\u{11A8}", [0xAC01, 0x11A8]),
      ("\u{AC00}\u{301}\u{11A8}", [0xAC00, 0x301, 0x11A8]), ("\u{9C7}\u{9BE}", [0x9CB]),
      ("\u{110A5}\u{110BA}", [0x110AB]), ("a\u{5AE}\u{301}", [0xE1, 0x5AE]),
    ] as [(String, [UInt32])])
  func textIsComposedAsTheReferenceDoes(text: String, expected: [UInt32]) throws {
    #expect(try Self.composed(text) == expected)
  }

  @Test func longRunsOfMarksTakeLinearTime() throws {
    let tokenizer = try Fixture.tokenizer("qwen2")
    let short = "a" + String(repeating: "\u{301}\u{323}\u{5B0}", count: 1 << 14)
    let long = "a" + String(repeating: "\u{301}\u{323}\u{5B0}", count: 1 << 17)

    let shortTime = CPUTime.measure { _ = tokenizer.encode(short) }
    let longTime = CPUTime.measure { _ = tokenizer.encode(long) }

    // Eight times the marks; inserting each where it belongs would take 64 times as long.
    #expect(longTime < shortTime * 24 + .milliseconds(200))
  }
}
