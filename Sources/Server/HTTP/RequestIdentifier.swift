/// Names of requests: the client's own where it is harmless, else a random one.
enum RequestIdentifier {
  static func choose(_ proposed: String?) -> String {
    if let proposed, isHarmless(proposed) { return proposed }
    return "req-" + random()
  }

  /// 24 random hexadecimal digits.
  static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = String(generator.next(), radix: 16) + String(generator.next(), radix: 16)
    return String((digits + String(repeating: "0", count: 24)).prefix(24))
  }

  private static func isHarmless(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
