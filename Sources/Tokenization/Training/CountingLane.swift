import SafeIO

/// Counts the words of the text that one thread was given; counts that outgrow their memory go to
/// the disk in sorted runs.
///
/// `@unchecked Sendable` is sound because `WordCountingPool` uses a lane from one thread at a time: while
/// text comes, from the lane's own serial queue, and afterwards, when that queue is empty, from the
/// thread that collects the counts.
final class CountingLane: @unchecked Sendable {
  let counts = WordCounts()
  private(set) var words = 0
  private(set) var spills = 0
  /// By level: a run of level n + 1 is `runsPerLevel` runs of level n in one.
  private var levels: [[WordRun]] = []
  private let rule: PreTokenizer
  private let memory: Int
  private let scratchDirectory: String

  /// Few enough that all runs of all lanes can be open at once.
  private static let runsPerLevel = 16

  init(_ options: BPETrainingOptions) {
    rule = options.preTokenizer
    // Twice, because the tables of all lanes are made one at the end.
    memory = options.memory / (2 * options.threads)
    scratchDirectory = options.scratchDirectory
  }

  var runs: [WordRun] { levels.flatMap(\.self) }

  /// Counts the words of stretches of text, of which none ends within a word.
  ///
  /// - Parameters:
  ///   - text: The stretches, one after the other.
  ///   - ends: Where each ends, in order.
  /// - Throws: `IOFailure` for a temporary file.
  func count(_ text: [UInt8], ends: [Int]) throws {
    var start = 0
    for end in ends {
      text[start..<end].withUnsafeBufferPointer { stretch in
        if rule.composes, let composed = Self.composed(stretch) {
          composed.withUnsafeBufferPointer { count($0) }
        } else {
          count(stretch)
        }
      }
      start = end
    }
    if counts.memory > memory { try spill() }
  }

  private func count(_ text: UnsafeBufferPointer<UInt8>) {
    CharacterClass.table.withUnsafeBufferPointer { classes in
      var scanner = WordScanner(text, in: 0..<text.count, rule: rule, classes: classes)
      while let word = scanner.next() {
        counts.add(text, word)
        words += 1
      }
    }
  }

  /// The normal form of what is UTF-8, between bytes that are none; nil if that is the text itself.
  private static func composed(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    if let composed = Normalization.composed(text) { return composed }
    guard text.contains(where: { $0 >= 0xCC }) else { return nil }
    let bytes = Array(text)
    var result: [UInt8] = []
    var start = 0
    func append(upTo end: Int) {
      let run = bytes[start..<end]
      result += run.withUnsafeBufferPointer { Normalization.composed($0) } ?? Array(run)
    }
    var index = 0
    while index < bytes.count {
      if let length = UTF8Check.sequenceLength(in: bytes, at: index) {
        index += length
        continue
      }
      append(upTo: index)
      result.append(bytes[index])
      index += 1
      start = index
    }
    append(upTo: bytes.count)
    return result
  }

  /// Moves all counts to the disk.
  func spill() throws {
    guard counts.count > 0 else { return }
    spills += 1
    let run = try WordRun(directory: scratchDirectory)
    try counts.drain { try run.append($0, $1) }
    var risen = run
    for level in 0... {
      if level == levels.count { levels.append([]) }
      levels[level].append(risen)
      guard levels[level].count == Self.runsPerLevel else { break }
      risen = try WordRun(directory: scratchDirectory)
      try WordRun.forEach(of: levels[level]) { try risen.append($0, $1) }
      levels[level] = []
    }
  }
}
