import Datasets
import Foundation
import SafeIO
import Testing

@Suite struct TextDocumentsTests {
  /// The pieces of files of these names and contents.
  private func read(
    _ files: [(name: String, bytes: [UInt8])], field: String? = nil, pieceBytes: Int = 1 << 20
  ) throws -> (pieces: [TextPiece], account: TextAccount, total: Int) {
    try Support.withDirectory { directory in
      let paths = files.map { "\(directory)/\($0.name)" }
      for (path, file) in zip(paths, files) {
        try Data(file.bytes).write(to: URL(fileURLWithPath: path))
      }
      let documents = try TextDocuments(paths: paths, field: field, pieceBytes: pieceBytes)
      var pieces: [TextPiece] = []
      let account = try documents.forEach { pieces.append($0) }
      return (pieces, account, documents.totalBytes)
    }
  }

  private func read(
    _ name: String, _ text: String, field: String? = nil, pieceBytes: Int = 1 << 20
  ) throws -> (pieces: [TextPiece], account: TextAccount, total: Int) {
    try read([(name, Array(text.utf8))], field: field, pieceBytes: pieceBytes)
  }

  private func texts(_ pieces: [TextPiece]) -> [String] {
    pieces.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test func piecesOfATextEndAfterALineFeed() throws {
    let found = try read("a.txt", "one two\nthree\nfour five six\nend", pieceBytes: 16)

    #expect(texts(found.pieces) == ["one two\nthree\n", "four five six\n", "end"])
    #expect(found.pieces.map(\.startsDocument) == [true, false, false])
    #expect(found.pieces.map(\.endsDocument) == [false, false, true])
    #expect(found.pieces.map(\.bytesRead) == [14, 28, 31])
    #expect(found.total == 31)
  }

  @Test func lineLongerThanAPieceIsCutBetweenTwoCharacters() throws {
    let text = String(repeating: "aé東👍", count: 20)

    for size in 16...40 {
      let found = try read("a.txt", text, pieceBytes: size)

      #expect(texts(found.pieces).joined() == text)
      #expect(found.account.invalidBytes == 0, "pieces of \(size)")
      #expect(found.pieces.allSatisfy { $0.bytes.count <= size })
    }
  }

  @Test func bytesThatAreNotUTF8AreHandedOutAndCounted() throws {
    let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x28, 0x0A, 0xF0, 0x9F]

    let found = try read([("a.txt", bytes)])

    #expect(found.pieces.map(\.bytes) == [bytes])
    #expect(found.account.invalidBytes == 4)
    #expect(found.account.piecesWithInvalidUTF8 == 1)
  }

  @Test func everyRowOfAJSONLFileIsADocument() throws {
    let rows = """
      {"text": "first", "prompt": "not read"}
      {"prompt": "p", "completion": "c"}

      "bare"
      {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
      {"other": 1}
      """

    let found = try read("a.jsonl", rows)

    #expect(texts(found.pieces) == ["first", "p\nc", "bare", "q\na"])
    #expect(found.pieces.allSatisfy { $0.startsDocument && $0.endsDocument })
    #expect(found.account.rows == 5)
    #expect(found.account.rowsWithoutText == 1)
    #expect(found.account.documents == 4)
  }

  @Test func fieldThatIsNamedIsTheOnlyOneThatIsRead() throws {
    let found = try read(
      "a.jsonl", #"{"text": "no", "body": "yes"}"# + "\n" + #"{"text": "no"}"#, field: "body")

    #expect(texts(found.pieces) == ["yes"])
    #expect(found.account.rowsWithoutText == 1)
  }

  @Test func filesComeInTheirOrderWithTheBytesReadSoFar() throws {
    let found = try read([("b.txt", Array("bb".utf8)), ("a.jsonl", Array("\"a\"\n".utf8))])

    #expect(texts(found.pieces) == ["bb", "a"])
    #expect(found.pieces.map(\.bytesRead) == [2, 6])
    #expect(found.account.files == 2)
    #expect(found.account.bytes == 3)
  }

  @Test func byteOrderMarkIsNoText() throws {
    #expect(texts(try read("a.txt", "\u{FEFF}x").pieces) == ["x"])
  }

  @Test(arguments: [
    ("a.txt", "", "DATA.EMPTY", "a.txt: the file is empty"),
    ("a.txt", "\u{FEFF}", "DATA.EMPTY", "a.txt: the file is empty"),
    ("a.jsonl", "\n \n", "DATA.EMPTY", "a.jsonl:1:1: the file has no rows"),
    ("a.txt", "text\0", "DATA.BINARY", "a.txt: byte 4 is NUL, so this is no text"),
    ("a.jsonl", "{\"text\"", "DATA.JSON", "a.jsonl:1:8: "),
    ("a.jsonl", "{\"b\": \"x\"}\n{}", "DATA.SCHEMA", "a.jsonl: none of 2 rows has a text, prompt"),
  ])
  func fileWithoutTextIsRefused(name: String, text: String, code: String, message: String) throws {
    let error = try #require(throws: DatasetError.self) { try read(name, text) }

    #expect(error.code == code)
    #expect(error.failureClass == .dataset)
    #expect(error.description.contains(message), "\(error.description)")
  }

  @Test func directoriesAreRefused() throws {
    try Support.withDirectory { directory in
      let error = try #require(throws: IOFailure.self) { try TextDocuments(paths: [directory]) }

      #expect(error.failureClass == .dataset)
      #expect(error.description.contains("expected a regular file, found a directory"))
    }
  }

  @Test func whatTheBodyThrowsEndsTheReading() throws {
    struct Stop: Error {}

    try Support.withFile("\"a\"\n\"b\"\n") { path in
      var seen = 0
      #expect(throws: Stop.self) {
        try TextDocuments(paths: [path]).forEach { _ in
          seen += 1
          throw Stop()
        }
      }
      #expect(seen == 1)
    }
  }
}
