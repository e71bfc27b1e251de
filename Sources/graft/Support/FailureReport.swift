import ArgumentParser
import SafeIO

/// What a person (or a program, with `--json`) is told about a command that failed.
struct FailureReport {
  /// The exit code of a mistake of the program itself.
  static let internalFailure: Int32 = 70

  let code: String
  let message: String
  let hint: String?
  let exitCode: Int32

  init(_ error: any Error) {
    if let known = error as? any UserFacingError {
      (code, message) = (known.code, known.description)
      (hint, exitCode) = (known.hint, known.failureClass.rawValue)
    } else if Graft.exitCode(for: error) == .validationFailure {
      // The argument parser's own sentence is kept; its usage block becomes a hint.
      let sentence = Graft.message(for: error)
      message = sentence.escapedForMessage(limit: 400)
      code = Self.namesUnknown.contains { sentence.hasPrefix($0) } ? "CFG.UNKNOWN" : "CFG.USAGE"
      hint = Self.hint(for: sentence, usage: Graft.fullMessage(for: error))
      exitCode = FailureClass.usage.rawValue
    } else {
      code = "INTERNAL"
      message = String(describing: error).escapedForMessage()
      hint = "This is a defect of graft; please report it with the command that you ran."
      exitCode = Self.internalFailure
    }
  }

  /// How the argument parser's sentences about names that nobody declared begin.
  private static let namesUnknown = ["Unknown option", "Unexpected argument"]

  private static func hint(for sentence: String, usage: String) -> String {
    if let meant = nearestName(for: sentence) { return "Did you mean '\(meant)'?" }
    if let slip = slip(for: sentence, in: CommandLine.arguments) {
      return "You typed '\(slip.escapedForMessage(limit: 60))'; see '\(helpCommand(in: usage))'."
    }
    return "See '\(helpCommand(in: usage))'."
  }

  /// What was probably meant by the unknown name that `sentence` quotes.
  ///
  /// The parser itself suggests only a command's own options: not commands, not what every command has.
  private static func nearestName(for sentence: String) -> String? {
    let parts = sentence.split(separator: "'", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    if sentence.hasPrefix("Unknown option") {
      return NearestName.of(String(parts[1]), among: ["--help", "--version"])
    }
    guard sentence.hasPrefix("Unexpected argument") else { return nil }
    let commands = Graft.configuration.subcommands.compactMap { $0.configuration.commandName }
    return NearestName.of(String(parts[1]), among: commands).map { "graft \($0)" }
  }

  /// The argument that was probably meant to be the one that `sentence` misses: the parser names only that.
  private static func slip(for sentence: String, in arguments: [String]) -> String? {
    let prefix = "Missing expected argument '--"
    guard sentence.hasPrefix(prefix) else { return nil }
    let name = sentence.dropFirst(prefix.count).prefix { $0 != " " && $0 != "'" }
    return arguments.dropFirst().first {
      $0.hasPrefix("--") && $0 != "--\(name)"
        && NearestName.of(String($0.dropFirst(2).prefix { $0 != "=" }), among: [String(name)])
          != nil
    }
  }

  /// The `graft … --help` that the parser's usage block ends with.
  private static func helpCommand(in text: String) -> String {
    for line in text.split(separator: "\n") where line.contains("See 'graft") {
      let parts = line.split(separator: "'")
      if parts.count >= 2 { return String(parts[1]) }
    }
    return "graft --help"
  }

  /// Whether the command line asked for JSON, also when it could not be parsed.
  static func wantsJSON(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains("--json")
  }

  /// Prints to stderr, and with `asJSON` one object to stdout as well.
  ///
  /// - Returns: The exit code.
  func print(asJSON: Bool) -> Int32 {
    StandardError.line("error[\(code)]: \(message)")
    if let hint { StandardError.line("hint: \(hint)") }
    if asJSON { try? JSONOutput.write(json) }
    return exitCode
  }
}
