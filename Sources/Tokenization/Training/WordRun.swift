import SafeIO

/// Words and their counts on the disk, the shortest words first and equally long ones in the order of
/// their bytes.
///
/// An entry is the length, 4 bytes, the word, and the count, 8 bytes.
final class WordRun {
  private let file: ScratchFile

  init(directory: String) throws { file = try ScratchFile(directory: directory) }

  /// Adds the word that comes next in the order.
  func append(_ word: UnsafeBufferPointer<UInt8>, _ count: Int) throws {
    try withUnsafeBytes(of: UInt32(clamping: word.count)) { try file.append($0) }
    try file.append(UnsafeRawBufferPointer(word))
    try withUnsafeBytes(of: Int64(count)) { try file.append($0) }
  }

  /// Whether `first` comes before `second`.
  static func precedes(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    first.count == second.count
      ? first.lexicographicallyPrecedes(second) : first.count < second.count
  }

  /// Calls `body` with every word of several runs, in order, and the sum of its counts.
  static func forEach(
    of runs: [WordRun], _ body: (_ word: UnsafeBufferPointer<UInt8>, _ count: Int) throws -> Void
  ) throws {
    var readers = try runs.map { try Reader($0.file) }
    readers.removeAll { $0.isAtEnd }
    while var word = readers.first?.word {
      for reader in readers.dropFirst() where precedes(reader.word, word) { word = reader.word }
      var count = 0
      for reader in readers where reader.word == word {
        count += reader.count
        try reader.advance()
      }
      try word.withUnsafeBufferPointer { try body($0, count) }
      readers.removeAll { $0.isAtEnd }
    }
  }

  private final class Reader {
    private(set) var word: [UInt8] = []
    private(set) var count = 0
    private(set) var isAtEnd = false
    private let file: ScratchFile
    private var offset = 0
    private var buffer: [UInt8] = []
    private var place = 0

    private static let bufferBytes = 1 << 16

    init(_ file: ScratchFile) throws {
      self.file = file
      try advance()
    }

    func advance() throws {
      guard try fill(4) else { return isAtEnd = true }
      let length = Int(load(UInt32.self))
      _ = try fill(length + 8)
      word = Array(buffer[place..<place + length])
      place += length
      count = Int(load(Int64.self))
    }

    private func load<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
      defer { place += MemoryLayout<Number>.size }
      return buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: type) }
    }

    /// Makes `wanted` bytes available; false at the end of the file.
    private func fill(_ wanted: Int) throws -> Bool {
      guard buffer.count - place < wanted else { return true }
      buffer.removeFirst(place)
      place = 0
      let held = buffer.count
      buffer.append(contentsOf: repeatElement(0, count: max(Self.bufferBytes, wanted)))
      let got = try buffer.withUnsafeMutableBytes {
        try file.read(offset: offset, into: .init(rebasing: $0[held...]))
      }
      offset += got
      buffer.removeLast(buffer.count - held - got)
      return buffer.count >= wanted
    }
  }
}
