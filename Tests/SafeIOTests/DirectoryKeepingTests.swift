import Foundation
import SafeIO
import Testing

/// Locks, what killed processes leave, files that grow, and directories that prove themselves.
@Suite struct DirectoryKeepingTests {
  @Test func lockIsExclusiveAndEndsWithItsOwner() throws {
    try withTemporaryDirectory { path in
      var first = try DirectoryLock(path: path)

      #expect(first != nil)
      #expect(try DirectoryLock(path: path) == nil)
      #expect(DirectoryLock.holder(path: path) == Int(getpid()))

      first = nil
      #expect(try DirectoryLock(path: path) != nil)
    }
  }

  @Test func leftoversAreRemovedAndWhatWasMovedAwayComesBack() throws {
    try withTemporaryDirectory { path in
      for name in [
        ".adapter.tmp-12-1abc", ".adapter.old-12-2abc", ".best.old-12-3abc", ".notes.txt",
        ".theirs.tmp-12-4abc", "best", ".x.tmp-abc-1",
      ] {
        try Data(name.utf8).write(to: URL(filePath: "\(path)/\(name)"))
      }

      try Leftovers.clear(in: path) { $0 != "theirs" }

      #expect(
        try names(in: path) == [
          ".notes.txt", ".theirs.tmp-12-4abc", ".x.tmp-abc-1", "adapter", "best",
        ])
      let back = try InputFile.contents(of: "\(path)/adapter", maxBytes: 100)
      #expect(String(decoding: back, as: UTF8.self) == ".adapter.old-12-2abc")
      try Leftovers.discard("\(path)/adapter")
      try Leftovers.discard("\(path)/adapter")
      #expect(try !names(in: path).contains("adapter"))
    }
  }

  @Test func temporaryNamesAreKnownAsLeftovers() throws {
    try withTemporaryDirectory { path in
      var seen: [String] = []

      try AtomicFile.write(to: "\(path)/run.json") { _ in
        seen += try names(in: path)
      }
      try AtomicDirectory.write(to: "\(path)/step-7") { _ in
        seen += try names(in: path).filter { $0 != "run.json" }
      }

      #expect(seen.count == 2 && seen.allSatisfy(Leftovers.isLeftover), "\(seen)")
      #expect(!["run.json", ".lock", ".run.json", "step-7"].contains(where: Leftovers.isLeftover))
    }
  }

  @Test func appendedFileIsCutAndGrows() throws {
    try withTemporaryDirectory { path in
      let log = "\(path)/log"
      do {
        let file = try AppendedFile(path: log, cutTo: 0)
        try file.append("one")
        try file.append("two")
      }

      let file = try AppendedFile(path: log, cutTo: 4)
      try file.append("three")
      try file.flush()

      #expect(
        String(decoding: try InputFile.contents(of: log, maxBytes: 99), as: UTF8.self)
          == "one\nthree\n")
    }
  }

  @Test func changeOfAnyBitOfAnyFileIsFound() throws {
    try withTemporaryDirectory { path in
      try Data("weights".utf8).write(to: URL(filePath: "\(path)/a"))
      try Data("numbers".utf8).write(to: URL(filePath: "\(path)/b"))
      try FileManifest.write(to: path)
      try FileManifest.verify(path)

      for name in try names(in: path) {
        let file = URL(filePath: "\(path)/\(name)")
        let whole = try Data(contentsOf: file)
        for bit in 0..<(8 * whole.count) {
          var changed = whole
          changed[bit / 8] ^= UInt8(1) << UInt8(bit % 8)
          try changed.write(to: file)
          #expect(throws: FileManifest.Damage.self, "\(name), bit \(bit)") {
            try FileManifest.verify(path)
          }
        }
        try whole.write(to: file)
      }
      try FileManifest.verify(path)
      let error = #expect(throws: FileManifest.Damage.self) {
        try FileManager.default.removeItem(atPath: "\(path)/b")
        try FileManifest.verify(path)
      }
      #expect(error == .missing(file: "\(path)/b"))
    }
  }
}
