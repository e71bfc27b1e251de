/// Stops the program with `message` unless `condition` holds.
///
/// For mistakes of the caller (a shape that does not fit). Unlike `precondition`, whose message the
/// optimiser drops, the sentence survives in release builds.
@inline(__always)
public func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #file,
  line: UInt = #line
) {
  if !condition { fatalError(message(), file: file, line: line) }
}
