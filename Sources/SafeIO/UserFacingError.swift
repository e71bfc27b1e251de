/// The class of a failure, which is also the exit code of the command that met it.
public enum FailureClass: Int32, Sendable {
  /// A flag or a configuration key that is unknown, missing or out of range.
  case usage = 2
  /// A model, tokenizer, template or adapter file that is refused.
  case model = 3
  /// A dataset that is refused.
  case dataset = 4
  /// Not enough memory or disk for what was asked.
  case resources = 5
  /// An input or output operation that failed while running.
  case io = 6
  /// A number that is not finite where training or decoding needs one.
  case numeric = 7
  /// A run directory or checkpoint that does not fit what was asked.
  case checkpoint = 8
  /// A run directory that another process uses.
  case locked = 9
  /// Something that should have been proven was not.
  case proof = 10
}

/// An error of the world (a file, a line, a flag), as opposed to a mistake of the program.
///
/// `description` is one line: what happened, with the values. The command line prints it as
/// `error[CODE]: description` followed by `hint: …`.
public protocol UserFacingError: Error, CustomStringConvertible, Sendable {
  /// Which exit code the failure ends with.
  var failureClass: FailureClass { get }
  /// A stable short name, such as `GGUF.MAGIC`.
  var code: String { get }
  /// What the person can do about it, one sentence.
  var hint: String? { get }
}

extension String {
  /// Text from a file, fit for a message: control characters escaped, cut at `limit` characters.
  package func escapedForMessage(limit: Int = 200) -> String {
    var result = ""
    for (count, character) in unicodeScalars.enumerated() {
      if count >= limit { return result + "…" }
      switch character.value {
      case 0x0A: result += "\\n"
      case 0x0D: result += "\\r"
      case 0x09: result += "\\t"
      case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E:
        result += "\\u{\(String(character.value, radix: 16))}"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
