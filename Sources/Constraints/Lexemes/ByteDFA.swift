/// A small deterministic automaton over bytes: punctuation, literals, numbers.
struct ByteDFA: Sendable {
  private var starts: [Int32] = [0]
  private var bytes: [UInt8] = []
  private var targets: [Int32] = []
  private(set) var accepts: [Bool] = []
  /// The fewest bytes from each state to an accepting one.
  private(set) var costs: [Int] = []

  var stateCount: Int { accepts.count }
  /// Memory that it takes, about.
  var memory: Int { 5 * bytes.count + 13 * accepts.count }

  /// - Parameters:
  ///   - edges: For each state, the first being where it begins, the next state for each byte.
  ///   - accepts: Whether each state accepts.
  ///   - hasByte: Which bytes can be written alone.
  init(edges: [[UInt8: Int32]], accepts: [Bool], hasByte: [Bool]) {
    self.accepts = accepts
    var sources = edges.map { _ in [Int32]() }
    for (state, next) in edges.enumerated() {
      for (byte, target) in next.sorted(by: { $0.key < $1.key }) {
        bytes.append(byte)
        targets.append(target)
        if hasByte[Int(byte)] { sources[Int(target)].append(Int32(state)) }
      }
      starts.append(Int32(bytes.count))
    }
    costs = accepts.map { $0 ? 0 : Cost.never }
    var wave = accepts.indices.filter { accepts[$0] }
    while !wave.isEmpty {
      var next: [Int] = []
      for state in wave {
        for source in sources[state] where costs[Int(source)] == Cost.never {
          costs[Int(source)] = costs[state] + 1
          next.append(Int(source))
        }
      }
      wave = next
    }
  }

  /// One of `texts`.
  init(anyOf texts: [[UInt8]], hasByte: [Bool]) {
    var edges: [[UInt8: Int32]] = [[:]]
    var accepts = [false]
    for text in texts {
      var state = 0
      for byte in text {
        if let next = edges[state][byte] {
          state = Int(next)
        } else {
          edges[state][byte] = Int32(edges.count)
          state = edges.count
          edges.append([:])
          accepts.append(false)
        }
      }
      accepts[state] = true
    }
    self.init(edges: edges, accepts: accepts, hasByte: hasByte)
  }

  func hasNext(_ state: Int32) -> Bool { starts[Int(state)] < starts[Int(state) + 1] }

  func next(_ state: Int32, _ byte: UInt8) -> Int32? {
    for edge in Int(starts[Int(state)])..<Int(starts[Int(state) + 1]) where bytes[edge] == byte {
      return targets[edge]
    }
    return nil
  }
}
