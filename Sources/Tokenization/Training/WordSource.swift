/// The distinct words that all lanes counted, in memory or in runs on the disk.
struct WordSource {
  private let counts: WordCounts
  private let runs: [WordRun]
  private let memory: Int

  /// Takes the counts out of the lanes.
  init(_ lanes: [CountingLane], _ options: BPETrainingOptions) throws {
    memory = options.memory
    if lanes.contains(where: { $0.spills > 0 }) {
      for lane in lanes { try lane.spill() }
      let merged = try WordRun(directory: options.scratchDirectory)
      try WordRun.forEach(of: lanes.flatMap(\.runs)) { try merged.append($0, $1) }
      runs = [merged]
      counts = WordCounts()
    } else {
      runs = []
      counts = lanes[0].counts
      for lane in lanes.dropFirst() {
        counts.add(lane.counts)
        lane.counts.removeAll()
      }
    }
  }

  private func forEach(_ body: (UnsafeBufferPointer<UInt8>, Int) throws -> Void) throws {
    try runs.isEmpty ? counts.forEach(body) : WordRun.forEach(of: runs, body)
  }

  /// The words that merges are learnt from; what is left out is counted.
  func words(byteIDs: [UInt32], account: inout TokenizerTrainingAccount) throws -> WordList {
    // Symbols of the words that occur so often.
    var sizes: [Int: Int] = [:]
    var distinct = 0
    var singleBytes = 0
    try forEach { word, count in
      distinct += 1
      if word.count == 1 { singleBytes += count }
      sizes[count, default: 0] += WordList.size(of: word.count)
    }
    account.distinctWords = distinct

    let room = min(memory / WordList.bytesPerSymbol, WordList.largest)
    var least = 1
    var taken = 0
    for (count, size) in sizes.sorted(by: { $0.key > $1.key }) {
      if size > room - taken {
        least = count + 1
        break
      }
      taken += size
    }
    account.leastWordCount = least

    var list = WordList()
    list.reserve(symbols: taken, words: distinct)
    var dropped = 0
    try forEach { word, count in
      if count >= least {
        list.append(word, count, byteIDs: byteIDs)
      } else {
        dropped += 1
      }
    }
    account.droppedWords = dropped
    account.tokens = singleBytes
    return list
  }
}
