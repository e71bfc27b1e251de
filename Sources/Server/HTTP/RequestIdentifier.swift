/// Names of requests: the client's own where it is harmless, else a random one.
enum RequestIdentifier {
  static func choose(_ proposed: String?) -> String {
    if let proposed, proposed.isPlainName { return proposed }
    return "req-" + random()
  }

  /// 24 random hexadecimal digits.
  static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = String(generator.next(), radix: 16) + String(generator.next(), radix: 16)
    return String((digits + String(repeating: "0", count: 24)).prefix(24))
  }
}
