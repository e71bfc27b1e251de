import ArgumentParser

/// A number of tokens, as people type it: `8192`, `20M`, `1.5B`.
struct TokenCount: ExpressibleByArgument, Equatable {
  var count: Int

  init(_ count: Int) { self.count = count }

  init?(argument: String) {
    let scales: [Character: Double] = ["k": 1e3, "m": 1e6, "b": 1e9]
    let unit = argument.last.flatMap { scales[Character($0.lowercased())] }
    guard let value = Double(unit == nil ? argument : String(argument.dropLast())) else {
      return nil
    }
    let count = (value * (unit ?? 1)).rounded()
    guard count >= 1, count <= 1e13 else { return nil }
    self.count = Int(count)
  }

  var defaultValueDescription: String { "\(count)" }
}
