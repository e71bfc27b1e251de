/// Negative numbers on the command line.
///
/// The argument parser takes `-1` for a flag, and says of `--seed -1` that the value is missing.
enum NegativeNumbers {
  /// `--name -1` as `--name=-1`, which the parser understands.
  static func joined(_ arguments: [String]) -> [String] {
    var result: [String] = []
    let options = arguments.prefix { $0 != "--" }
    for argument in options {
      if let name = result.last, name.hasPrefix("--"), !name.contains("="), isNumber(argument) {
        result[result.count - 1] = "\(name)=\(argument)"
      } else {
        result.append(argument)
      }
    }
    return result + arguments.dropFirst(options.count)
  }

  private static func isNumber(_ text: String) -> Bool {
    guard text.hasPrefix("-"), let digit = text.dropFirst().first else { return false }
    return (digit.isNumber || digit == ".") && Double(text) != nil
  }
}
