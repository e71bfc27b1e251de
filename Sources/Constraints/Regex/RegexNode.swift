/// A regular expression as a tree.
indirect enum RegexNode: Sendable {
  case empty
  case set(ScalarSet)
  case sequence([RegexNode])
  case choice([RegexNode])
  /// At least `min` times, and at most `max` unless that is nil.
  case repeated(RegexNode, min: Int, max: Int?)
  /// `^`
  case start
  /// `$`
  case end
}
