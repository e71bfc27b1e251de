import Foundation
import SafeIO
import Testing

@Suite struct FileTests {
  private struct Stop: Error {}

  @Test func anAtomicFileReplacesTheOldOneWhole() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/file"
      try AtomicFile.write(Array("old".utf8), to: path)

      try AtomicFile.write(to: path) { sink in
        for _ in 0..<3 { try sink.write([UInt8](repeating: 7, count: 700_000)) }
      }

      #expect(
        try InputFile.contents(of: path, maxBytes: 1 << 22)
          == [UInt8](repeating: 7, count: 2_100_000))
      #expect(try names(in: directory) == ["file"])
    }
  }

  @Test func aFailedWriteLeavesTheOldFileAndNothingElse() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/file"
      try AtomicFile.write(Array("old".utf8), to: path)

      #expect(throws: Stop.self) {
        try AtomicFile.write(to: path) { sink in
          try sink.write("new")
          throw Stop()
        }
      }

      #expect(try InputFile.contents(of: path, maxBytes: 10) == Array("old".utf8))
      #expect(try names(in: directory) == ["file"])
    }
  }

  @Test func aDirectoryAppearsWholeOrNotAtAll() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/adapter"

      #expect(throws: Stop.self) {
        try AtomicDirectory.write(to: path) { temporary in
          try AtomicFile.write([1], to: temporary + "/a")
          throw Stop()
        }
      }
      #expect(try names(in: directory) == [])

      for version: UInt8 in 1...2 {
        try AtomicDirectory.write(to: path + "/") { temporary in
          try AtomicFile.write([version], to: temporary + "/a")
        }
      }
      #expect(try names(in: directory) == ["adapter"])
      #expect(try InputFile.contents(of: path + "/a", maxBytes: 1) == [2])
    }
  }

  @Test func aDirectoryWithOtherThingsInItIsNotReplaced() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/adapter"
      try AtomicDirectory.write(to: path) { try AtomicFile.write([1], to: $0 + "/notes") }

      #expect(throws: IOFailure(path, .wouldLose(entry: "notes"))) {
        try AtomicDirectory.write(to: path) { try AtomicFile.write([2], to: $0 + "/a") }
      }

      #expect(try names(in: directory) == ["adapter"])
      #expect(try names(in: path) == ["notes"])
    }
  }

  @Test func onlyRegularFilesAreOpened() throws {
    try withTemporaryDirectory { directory in
      let pipe = directory + "/pipe"
      try #require(mkfifo(pipe, 0o600) == 0)

      for path in [directory, pipe, "/dev/zero"] {
        let failure = #expect(throws: IOFailure.self) { try InputFile(path: path) }
        #expect(failure?.code == "IO.NOTREGULAR")
      }
      let missing = #expect(throws: IOFailure.self) { try InputFile(path: directory + "/none") }
      #expect(missing?.code == "IO.NOTFOUND")
    }
  }

  @Test func readsBeyondTheEndAndOfShrunkenFilesThrow() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/file"
      try AtomicFile.write([1, 2, 3, 4], to: path)
      let file = try InputFile(path: path)

      #expect(try file.read(offset: 1, count: 2) == [2, 3])
      #expect(throws: IOFailure.self) { try file.read(offset: 3, count: 2) }
      #expect(throws: IOFailure.self) { try file.read(offset: .max, count: .max) }
      #expect(throws: IOFailure.self) { try InputFile.contents(of: path, maxBytes: 3) }

      try #require(truncate(path, 2) == 0)
      #expect(throws: IOFailure(path, .changed(expectedBytes: 4, foundBytes: 2))) {
        try file.read(offset: 0, count: 4)
      }
      #expect(throws: IOFailure.self) { try file.checkUnchanged() }
    }
  }

  @Test func hashesAreThoseOfTheStandard() throws {
    // FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    #expect(FileHash.sha256(of: Array("abc".utf8)) == abc)
    try withTemporaryDirectory { directory in
      try AtomicFile.write(Array("abc".utf8), to: directory + "/abc")
      #expect(try FileHash.sha256(ofFile: directory + "/abc") == abc)
    }
  }
}

@Suite struct JSONLinesTests {
  private func lines(_ text: String, maxLineBytes: Int = 100) throws -> [String] {
    try withTemporaryDirectory { directory in
      try AtomicFile.write(Array(text.utf8), to: directory + "/rows")
      var found: [String] = []
      try JSONLines.forEach(path: directory + "/rows", maxLineBytes: maxLineBytes) {
        found.append("\($0):" + String(decoding: $1, as: UTF8.self))
      }
      return found
    }
  }

  @Test func linesKeepTheirNumbersWhateverEndsThem() throws {
    #expect(try lines("\u{FEFF}a\r\n\n  \nb\n\r\nlast") == ["1:a", "4:b", "6:last"])
    #expect(try lines("") == [])
    #expect(try lines("a\n") == ["1:a"])
  }

  @Test func aLineThatIsTooLongIsRefusedByNumber() {
    let failure = #expect(throws: IOFailure.self) { try lines("ok\n12345\n", maxLineBytes: 4) }

    #expect(failure?.reason == .lineTooLong(line: 2, limit: 4))
  }

  @Test func linesLongerThanAReadAreWhole() throws {
    let long = String(repeating: "x", count: 3 << 20)

    #expect(try lines("\(long)\ny\(long)", maxLineBytes: 4 << 20) == ["1:\(long)", "2:y\(long)"])
  }
}

@Suite struct ByteCursorTests {
  @Test func valuesAreLittleEndianAndEndsAreChecked() throws {
    var cursor = ByteCursor([1, 2, 0xFE, 0xFF, 0, 0, 0x80, 0x3F, 9])

    #expect(try cursor.integer(UInt16.self) == 0x0201)
    #expect(try cursor.integer(Int16.self) == -2)
    #expect(try cursor.float32() == 1)
    #expect(throws: ByteCursorError.truncated(offset: 8, wanted: 8, available: 1)) {
      try cursor.integer(UInt64.self)
    }
    #expect(throws: ByteCursorError.self) { try cursor.bytes(count: .max) }
    #expect(throws: ByteCursorError.self) { try cursor.skip(-1) }
    #expect(try cursor.bytes(count: 1) == [9])
    #expect(cursor.remaining == 0)
  }
}
