/// Numbers of bytes that complete something; far from overflow, and `never` where nothing does.
enum Cost {
  static let never = 1 << 40

  /// The sum, at most `never`.
  static func sum(_ a: Int, _ b: Int) -> Int { min(a + b, never) }
}
