import SafeIO

/// `README.md` of a directory with weights: a card that people and the Hugging Face Hub read.
package struct ModelCard: Sendable {
  package static let fileName = "README.md"

  /// A heading with text, a table or a command below.
  package struct Section: Sendable {
    package var heading: String
    package var body: String

    /// Text; in code blocks and tables use the others.
    package init(_ heading: String, _ text: String) { (self.heading, body) = (heading, text) }

    /// A table of two columns.
    package init(_ heading: String, table: [(String, String)]) {
      let rows = table.map { "| \(Self.cell($0)) | \(Self.cell($1)) |" }
      self.init(heading, (["| | |", "|---|---|"] + rows).joined(separator: "\n"))
    }

    /// A command, as it was typed.
    package init(_ heading: String, code: String) {
      // A fence that is longer than any run of ticks inside cannot be closed from inside.
      let longest = code.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0
      let fence = String(repeating: "`", count: max(3, longest + 1))
      self.init(heading, "\(fence)sh\n\(code)\n\(fence)")
    }

    private static func cell(_ text: String) -> String {
      text.escapedForMessage(limit: 1000).replacing("|", with: "\\|").replacing("<", with: "&lt;")
    }
  }

  /// What the weights were made from, as `base_model_name_or_path` says it.
  package var baseModel: String
  /// `peft` or `transformers`.
  package var libraryName: String
  /// `adapter` or `merge`.
  package var relation: String
  package var tags: [String]
  package var title: String
  package var sections: [Section]

  package init(
    baseModel: String, libraryName: String, relation: String, tags: [String], title: String,
    sections: [Section]
  ) {
    (self.baseModel, self.libraryName, self.relation) = (baseModel, libraryName, relation)
    (self.tags, self.title, self.sections) = (tags, title, sections)
  }

  /// The card: front matter as PEFT writes it, then the sections.
  package var text: String {
    let all = (["base_model:\(relation):\(baseModel)"] + tags).sorted()
    let front =
      [
        "base_model: \(Self.scalar(baseModel))", "library_name: \(libraryName)",
        "pipeline_tag: text-generation", "tags:",
      ] + all.map { "- \(Self.scalar($0))" }
    let body = sections.map { "## \($0.heading)\n\n\($0.body)" }
    return "---\n\(front.joined(separator: "\n"))\n---\n\n# \(title)\n\n"
      + body.joined(separator: "\n\n") + "\n"
  }

  /// A YAML scalar: plain where nothing in it could mean something, else in JSON's quotes, which YAML reads.
  private static func scalar(_ text: String) -> String {
    let isPlain =
      text.utf8.first.map {
        ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z")
          || $0 == UInt8(ascii: "/")
      }
      ?? false
    let allowed = text.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "/", ":": true
      default: false
      }
    }
    return isPlain && allowed && !text.hasSuffix(":") ? text : JSON(text).serialized()
  }

  /// Writes the card into a directory.
  ///
  /// - Throws: `IOFailure`.
  package func write(to directory: String) throws {
    try AtomicFile.write(Array(text.utf8), to: "\(directory)/\(Self.fileName)")
  }
}
