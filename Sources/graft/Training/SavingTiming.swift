import SafeIO

/// What saving takes, as measured on a disk before the first step.
package struct SavingTiming: Equatable {
  /// Of every byte that is written and flushed.
  package var secondsPerByte = 0.0
  /// Of every byte that is hashed.
  package var secondsPerHashedByte = 0.0
  /// Of flushing something small, as every file and every directory asks for.
  package var secondsPerFlush = 0.0

  package init() {}

  private static let piece = 4 << 20
  /// A sixteenth of what will be saved is written, within these: a few megabytes are faster than many.
  private static let pieces = 4...32
  /// Flushes of a directory of four files: each file and its place in the directory, then the directory itself.
  private static let flushes = 10.0

  /// Writes some megabytes into a file without a name on the disk of `path`; where that fails, saving is taken to
  /// be free.
  ///
  /// - Parameters:
  ///   - path: A place on the disk, which need not exist.
  ///   - total: The bytes that will be saved at a time.
  /// - Returns: What saving takes.
  package static func measured(near path: String, total: Int) -> SavingTiming {
    let pieces = min(max(total / (16 * piece), Self.pieces.lowerBound), Self.pieces.upperBound)
    let bytes = [UInt8](repeating: 0x5A, count: piece)
    var timing = SavingTiming()
    timing.secondsPerHashedByte = seconds { _ = FileHash.sha256(of: bytes) } / Double(piece)
    guard let file = try? ScratchFile(near: path) else { return timing }
    let written = try? seconds {
      for _ in 0..<pieces { try bytes.withUnsafeBytes { try file.append($0) } }
      try file.sync()
    }
    timing.secondsPerByte = (written ?? 0) / Double(pieces * piece)
    let flushed = try? seconds {
      try bytes.withUnsafeBytes { try file.append(UnsafeRawBufferPointer(rebasing: $0[..<512])) }
      try file.sync()
    }
    timing.secondsPerFlush = flushed ?? 0
    return timing
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start).seconds
  }

  /// What writing a directory with so many bytes takes.
  package func directory(_ bytes: Int) -> Double {
    Double(bytes) * secondsPerByte + Self.flushes * secondsPerFlush
  }

  /// What a state takes: every byte of it is read again for its manifest.
  package func state(_ bytes: Int) -> Double { directory(bytes) + hash(bytes) }

  /// What the hash of so many bytes takes.
  package func hash(_ bytes: Int) -> Double { Double(bytes) * secondsPerHashedByte }
}
