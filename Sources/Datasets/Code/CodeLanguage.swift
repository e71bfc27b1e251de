/// What has to be known of a programming language to find functions and their descriptions by lines.
struct CodeLanguage: Sendable, Equatable {
  /// How a function's extent shows.
  enum Blocks: Sendable { case indentation, braces, none }

  let name: String
  let blocks: Blocks
  /// What a comment up to the end of its line begins with.
  let lineComment: String
  /// The characters that strings are quoted with.
  let quotes: [UInt8]

  private init(
    _ name: String, _ blocks: Blocks, _ lineComment: String = "//", quotes: String = "\""
  ) {
    (self.name, self.blocks, self.lineComment) = (name, blocks, lineComment)
    self.quotes = Array(quotes.utf8)
  }

  /// The language of a file, by its extension; nil for what is no source code.
  static func of(_ path: String) -> CodeLanguage? {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
    return byExtension[name[name.index(after: dot)...].lowercased()]
  }

  private static let byExtension: [String: CodeLanguage] = {
    let c = CodeLanguage("C", .braces, quotes: "\"'")
    let cpp = CodeLanguage("C++", .braces, quotes: "\"'")
    let javaScript = CodeLanguage("JavaScript", .braces, quotes: "\"'`")
    let typeScript = CodeLanguage("TypeScript", .braces, quotes: "\"'`")
    let shell = CodeLanguage("Shell", .none, "#")
    let python = CodeLanguage("Python", .indentation, "#")
    let kotlin = CodeLanguage("Kotlin", .braces, quotes: "\"'")
    return [
      "py": python, "pyi": python,
      // An apostrophe is no quote in Swift, and a lifetime in Rust.
      "swift": CodeLanguage("Swift", .braces), "rs": CodeLanguage("Rust", .braces),
      "c": c, "h": c, "cc": cpp, "cpp": cpp, "cxx": cpp, "hh": cpp, "hpp": cpp, "hxx": cpp,
      "m": CodeLanguage("Objective-C", .braces, quotes: "\"'"),
      "java": CodeLanguage("Java", .braces, quotes: "\"'"), "kt": kotlin, "kts": kotlin,
      "scala": CodeLanguage("Scala", .braces, quotes: "\"'"),
      "cs": CodeLanguage("C#", .braces, quotes: "\"'"),
      "go": CodeLanguage("Go", .braces, quotes: "\"'`"),
      "dart": CodeLanguage("Dart", .braces, quotes: "\"'"),
      "php": CodeLanguage("PHP", .braces, quotes: "\"'"),
      "js": javaScript, "jsx": javaScript, "mjs": javaScript, "cjs": javaScript,
      "ts": typeScript, "tsx": typeScript,
      "rb": CodeLanguage("Ruby", .none, "#"), "lua": CodeLanguage("Lua", .none, "--"),
      "sh": shell, "bash": shell, "zsh": shell,
      "r": CodeLanguage("R", .none, "#"), "jl": CodeLanguage("Julia", .none, "#"),
      "sql": CodeLanguage("SQL", .none, "--"), "hs": CodeLanguage("Haskell", .none, "--"),
      "ml": CodeLanguage("OCaml", .none, "(*"), "ex": CodeLanguage("Elixir", .none, "#"),
      "exs": CodeLanguage("Elixir", .none, "#"), "pl": CodeLanguage("Perl", .none, "#"),
    ]
  }()
}
