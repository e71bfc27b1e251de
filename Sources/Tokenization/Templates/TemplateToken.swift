import SafeIO

/// A token of a template's source.
struct TemplateToken: Sendable {
  enum Kind: Sendable, Equatable {
    case text(String)
    case outputBegin, outputEnd, blockBegin, blockEnd
    case name(String)
    case string(String)
    case integer(Int)
    case number(Double)
    /// An operator or a bracket.
    case mark(String)
    case end
  }

  var kind: Kind
  var place: TextPosition
}

extension Unicode.Scalar {
  /// White space as Python's `str.strip` and `\s` have it.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }
}
