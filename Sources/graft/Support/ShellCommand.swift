/// A command as a person would type it.
enum ShellCommand {
  /// The arguments, quoted for a POSIX shell where they need it.
  static func text(_ arguments: [String]) -> String {
    arguments.map(quoted).joined(separator: " ")
  }

  /// This process's command line, to run again in the same directory: it goes on with what is saved.
  static func resuming(_ arguments: [String]) -> String {
    let name = arguments.first.map { $0.contains("/") ? $0 : "graft" } ?? "graft"
    return text([name] + arguments.dropFirst().filter { $0 != "--restart" })
  }

  private static func quoted(_ argument: String) -> String {
    let isPlain = argument.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "/", ",", ":", "=", "+", "@", "%": true
      default: false
      }
    }
    if isPlain && !argument.isEmpty { return argument }
    return "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
