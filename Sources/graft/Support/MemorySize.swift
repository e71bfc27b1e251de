import ArgumentParser

/// An amount of memory, as people type it: `1.5G`, `900M`, `2GiB`, or bytes.
///
/// `K`, `M` and `G` are powers of 1000, `Ki`, `Mi` and `Gi` of 1024; a `B` may follow.
struct MemorySize: ExpressibleByArgument, Equatable {
  var bytes: Int

  init?(argument: String) {
    let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    var unit = argument.dropFirst(number.count).lowercased()
    if unit.hasSuffix("b") { unit.removeLast() }
    let scales = [
      "": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "ki": 1024, "mi": 1_048_576, "gi": 1_073_741_824,
    ]
    guard let scale = scales[unit], let value = Double(number) else { return nil }
    let bytes = (value * scale).rounded()
    guard bytes >= 1, bytes <= 1e15 else { return nil }
    self.bytes = Int(bytes)
  }
}

extension MemorySize {
  init(bytes: Int) { self.bytes = bytes }

  /// What `--help` says.
  var defaultValueDescription: String { Quantity.bytes(bytes) }
}
