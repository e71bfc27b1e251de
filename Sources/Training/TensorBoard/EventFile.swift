import Foundation
import SafeIO

/// A file of events that TensorBoard reads: `RUN/tensorboard/events.out.tfevents.*`.
///
/// A record is its length, the check sum of that, an `Event` and its check sum (tensorflow/core/lib/io/
/// record_writer.h); an event has a time, a step, and a summary of tags with values
/// (tensorflow/core/util/event.proto). A run that goes on cuts the events of later steps off and adds to the
/// same file.
package final class EventFile {
  package let path: String
  private let file: AppendedFile

  private static let prefix = "events.out.tfevents."
  /// Far more than any event of ours.
  private static let maxRecordBytes = 16 << 20

  /// Opens the file of a run, with the events up to `step` kept.
  ///
  /// - Parameters:
  ///   - directory: Made if there is none.
  ///   - step: The last step whose events stay.
  /// - Throws: `IOFailure`.
  package init(directory: String, keepingUpTo step: Int) throws {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw IOFailure.system("create", directory)
    }
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    let found = entries.filter { $0.hasPrefix(Self.prefix) }.sorted().first
    let name = found ?? "\(Self.prefix)\(Int(Date().timeIntervalSince1970)).graft"
    path = "\(directory)/\(name)"
    let kept = found == nil ? 0 : try Self.length(of: path, upTo: step)
    file = try AppendedFile(path: path, cutTo: kept)
    if kept == 0 {
      var version = ProtocolBuffer()
      version.double(Date().timeIntervalSince1970, field: 1)
      version.string("brain.Event:2", field: 3)
      try file.append(bytes: Self.record(version.bytes))
    }
  }

  /// Adds numbers of a step.
  package func append(_ scalars: [(tag: String, value: Double)], step: Int) throws {
    let event = Self.event(scalars, step: step, time: Date().timeIntervalSince1970)
    try file.append(bytes: Self.record(event))
  }

  /// Adds a text of a step, which TensorBoard shows as Markdown.
  package func append(text: String, tag: String, step: Int) throws {
    var event = ProtocolBuffer()
    event.double(Date().timeIntervalSince1970, field: 1)
    event.integer(step, field: 2)
    event.message(field: 5) { summary in
      summary.message(field: 1) { value in
        value.string(tag, field: 1)
        value.message(field: 9) { metadata in
          metadata.message(field: 1) { $0.string("text", field: 1) }
        }
        // A string tensor of one element.
        value.message(field: 8) { tensor in
          tensor.integer(7, field: 1)
          tensor.message(field: 2) { shape in shape.message(field: 2) { $0.integer(1, field: 1) } }
          tensor.string(text, field: 8)
        }
      }
    }
    try file.append(bytes: Self.record(event.bytes))
  }

  /// An `Event` with a summary of numbers.
  static func event(_ scalars: [(tag: String, value: Double)], step: Int, time: Double) -> [UInt8] {
    var event = ProtocolBuffer()
    event.double(time, field: 1)
    event.integer(step, field: 2)
    event.message(field: 5) { summary in
      for (tag, number) in scalars {
        summary.message(field: 1) { value in
          value.string(tag, field: 1)
          value.float(Float(number), field: 2)
        }
      }
    }
    return event.bytes
  }

  /// A record with its length and check sums.
  static func record(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(CRC32C.masked(length)) + data
      + littleEndian(CRC32C.masked(data))
  }

  /// The bytes before the first record that is of a later step, or not whole.
  private static func length(of path: String, upTo step: Int) throws -> Int {
    let file = try InputFile(path: path)
    var offset = 0
    while file.size - offset >= 12 {
      let head = try file.read(offset: offset, count: 12)
      let count = number(head[0..<8])
      guard number(head[8..<12]) == UInt64(CRC32C.masked(head[0..<8])), count <= maxRecordBytes,
        Int(count) <= file.size - offset - 16
      else { break }
      let data = try file.read(offset: offset + 12, count: Int(count) + 4)
      guard number(data.suffix(4)) == UInt64(CRC32C.masked(data.dropLast(4))),
        Self.step(of: data) <= step
      else { break }
      offset += Int(count) + 16
    }
    return offset
  }

  /// The step of an event of ours: the time is before it, nine bytes.
  private static func step(of event: [UInt8]) -> Int {
    guard event.count > 10, event[9] == 2 << 3 else { return 0 }
    var (step, shift) = (UInt64(0), UInt64(0))
    for byte in event.dropFirst(10) where shift < 63 {
      step |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { break }
      shift += 7
    }
    return Int(clamping: step)
  }

  private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
