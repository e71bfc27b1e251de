import Foundation
import SafeIO

/// The token ids that a person gave: `1,2,3`, a JSON array, or `@FILE` with either.
struct TokenIDList {
  private static let largestFile = 64 << 20

  let ids: [Int]

  init(_ argument: String) throws {
    guard argument.hasPrefix("@") else {
      ids = try Self.parse(argument)
      return
    }
    let path = String(argument.dropFirst())
    let bytes: [UInt8]
    do {
      bytes = try InputFile.contents(of: path, maxBytes: Self.largestFile)
    } catch var failure as IOFailure {
      failure.failureClass = .usage
      throw failure
    }
    ids = try Self.parse(String(decoding: bytes, as: UTF8.self))
  }

  private static func parse(_ text: String) throws(InspectionError) -> [Int] {
    var body = text.trimmingCharacters(in: .whitespacesAndNewlines)[...]
    if body.hasPrefix("["), body.hasSuffix("]"), body.count >= 2 {
      body = body.dropFirst().dropLast()
    }
    guard body.contains(where: { !$0.isWhitespace }) else { throw .noIDs }
    var ids: [Int] = []
    for part in body.split(separator: ",", omittingEmptySubsequences: false) {
      let number = part.trimmingCharacters(in: .whitespacesAndNewlines)
      guard let id = Int(number) else { throw .malformedIDs(text: number) }
      ids.append(id)
    }
    return ids
  }

  /// The ids for a model, all of which it has and has room for.
  func checked(vocabularySize: Int, positions: Int) throws(InspectionError) -> [Int32] {
    guard ids.count <= positions else {
      throw .tooManyIDs(count: ids.count, positions: positions)
    }
    var result: [Int32] = []
    for (index, id) in ids.enumerated() {
      guard id >= 0, id < vocabularySize, let narrow = Int32(exactly: id) else {
        throw .idOutOfRange(id: id, index: index, vocabularySize: vocabularySize)
      }
      result.append(narrow)
    }
    return result
  }
}
