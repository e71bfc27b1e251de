import Foundation
import SafeIO
import Testing
import Training

/// Files of events as TensorBoard reads them.
@Suite struct EventFileTests {
  private func directory() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("events-\(UUID().uuidString)")
      .path
  }

  private func bytes(_ file: EventFile) throws -> [UInt8] {
    try InputFile.contents(of: file.path, maxBytes: 1 << 20)
  }

  /// A record's `Event` without its time, which is now.
  private func records(_ bytes: [UInt8]) -> [[UInt8]] {
    var (result, place): ([[UInt8]], Int) = ([], 0)
    while place + 16 <= bytes.count {
      let count = Int(bytes[place]) | Int(bytes[place + 1]) << 8
      result.append(Array(bytes[(place + 12 + 9)..<(place + 12 + count)]))
      place += count + 16
    }
    return result
  }

  // tensorboard 2.21: event_pb2.Event(wall_time=0, step=3, summary=Summary(value=[
  //   Summary.Value(tag="train/loss", simple_value=1.5)])).SerializeToString(), behind the time
  @Test func numbersAreWrittenAsTensorBoardWritesThem() throws {
    let path = directory()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try EventFile(directory: path, keepingUpTo: 0)
    try file.append([("train/loss", 1.5)], step: 3)

    let found = records(try bytes(file))

    #expect(found.count == 2)
    #expect(found[0] == [0x1A, 13] + Array("brain.Event:2".utf8))
    let value: [UInt8] = [0x0A, 10] + Array("train/loss".utf8) + [0x15, 0, 0, 0xC0, 0x3F]
    #expect(found[1] == [0x10, 3, 0x2A, 19, 0x0A, 17] + value)
  }

  // RFC 3720, B.4: the check sum of 32 zeros is 8a9136aa; masked, as in tensorflow's crc32c::Mask.
  @Test func recordsCarryMaskedCheckSums() throws {
    let path = directory()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try EventFile(directory: path, keepingUpTo: 0)
    let head = try bytes(file).prefix(12)

    // Python: tensorboard.compat.tensorflow_stub.pywrap_tensorflow.masked_crc32c(b"\x18" + bytes(7))
    #expect(Array(head) == [0x18, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22])
  }

  @Test func runThatGoesOnRepeatsNoStep() throws {
    let path = directory()
    defer { try? FileManager.default.removeItem(atPath: path) }
    var first: EventFile? = try EventFile(directory: path, keepingUpTo: 0)
    for step in 1...200 { try first?.append([("train/loss", Double(step))], step: step) }
    try first?.append(text: "words", tag: "sample/1", step: 200)
    first = nil

    let second = try EventFile(directory: path, keepingUpTo: 150)
    for step in 151...180 { try second.append([("train/loss", 0)], step: step) }

    let steps = records(try bytes(second)).dropFirst().map { event in
      event[1] < 0x80 ? Int(event[1]) : Int(event[1] & 0x7F) | Int(event[2]) << 7
    }
    #expect(steps == Array(1...180))
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).count == 1)
  }

  @Test func recordThatIsNotWholeIsCutOff() throws {
    let path = directory()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = try EventFile(directory: path, keepingUpTo: 0)
    try first.append([("a", 1)], step: 1)
    let whole = try bytes(first)
    try first.append([("a", 2)], step: 2)
    let all = try bytes(first)
    for end in [whole.count, whole.count + 3, whole.count + 13, all.count - 1] {
      try AtomicFile.write(Array(all[..<end]), to: first.path)
      let again = try EventFile(directory: path, keepingUpTo: 9)
      #expect(try bytes(again) == whole)
    }
    var damaged = all
    damaged[whole.count + 14] ^= 1
    try AtomicFile.write(damaged, to: first.path)
    #expect(try bytes(EventFile(directory: path, keepingUpTo: 9)) == whole)
  }
}
