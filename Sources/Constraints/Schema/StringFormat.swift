internal import SafeIO

/// The formats that are enforced.
///
/// Each expression allows only what the format allows; those of addresses allow the usual ones among
/// them: no quoted local parts, no comments, no ports, no shortened IPv6.
enum StringFormat {
  // There is no year 0 in Python's calendar and many others.
  private static let year = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
  private static let leapYear =
    "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
  private static let date =
    "(?:\(year)-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|\(leapYear)-02-29)"
  private static let time =
    "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
    + "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
  private static let octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
  private static let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?"
  private static let host = "\(label)(?:\\.\(label)){0,4}"

  private static let patterns: [(name: String, pattern: String)] = [
    ("date", date),
    ("time", time),
    ("date-time", "\(date)T\(time)"),
    (
      "duration",
      "P(?:[0-9]{1,4}W|(?:[0-9]{1,4}D|[0-9]{1,4}M(?:[0-9]{1,4}D)?"
        + "|[0-9]{1,4}Y(?:[0-9]{1,4}M(?:[0-9]{1,4}D)?)?)(?:\(clock))?|\(clock))"
    ),
    ("uuid", "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    ("ipv4", "\(octet)(?:\\.\(octet)){3}"),
    ("ipv6", "[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){7}"),
    ("hostname", host),
    (
      "email",
      "[a-zA-Z0-9_%+-]{1,20}(?:\\.[a-zA-Z0-9_%+-]{1,20}){0,2}@\(label)(?:\\.\(label)){1,3}"
    ),
    ("uri", "https?://\(host)(?:/[a-zA-Z0-9._~-]{1,40}){0,8}/?"),
  ]

  /// Formats of OpenAPI that leave the values as they are: how a number is stored, and what is not shown.
  static let annotations: Set<String> = ["float", "double", "password"]

  /// The widths of integers in OpenAPI; they say nothing of strings.
  static let integers: [String: (lower: JSON, upper: JSON)] = [
    "int32": (JSON(Int(Int32.min)), JSON(Int(Int32.max))), "int64": (JSON(Int.min), JSON(Int.max)),
    "uint32": (0, JSON(Int(UInt32.max))),
    "uint64": (0, JSON(.largeInteger(String(UInt64.max)))),
  ]

  private static let clock =
    "T(?:[0-9]{1,4}H(?:[0-9]{1,4}M(?:[0-9]{1,4}S)?)?|[0-9]{1,4}M(?:[0-9]{1,4}S)?|[0-9]{1,4}S)"

  static var names: [String] { patterns.map(\.name) + integers.keys.sorted() }

  /// The expression of the whole text.
  static func pattern(_ format: String) -> String? {
    patterns.first { $0.name == format }?.pattern
  }
}
