import SafeIO

/// A hash of what is learnt from: token ids and labels in their order, whatever file they came from.
package enum ExampleHash {
  /// SHA-256, in hexadecimal.
  package static func sha256(of examples: [Example]) -> String {
    var hash = StreamHash()
    for example in examples {
      let numbers = [Int32(truncatingIfNeeded: example.ids.count)] + example.ids + example.labels
      numbers.map(\.littleEndian).withUnsafeBytes { hash.add($0) }
    }
    return hash.finish()
  }
}
