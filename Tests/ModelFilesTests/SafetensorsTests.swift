import Foundation
import ModelFiles
import SafeIO
import Testing

@Suite struct SafetensorsTests {
  /// A file with this header, and that many bytes of data.
  static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    let prefix = withUnsafeBytes(of: length.littleEndian) { Array($0) }
    return prefix + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  private static func entry(_ shape: String, _ begin: String, _ end: String, type: String = "F32")
    -> String
  {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
  }

  private static func one(_ shape: String, _ begin: String, _ end: String, type: String = "F32")
    -> String
  {
    #"{"w":\#(entry(shape, begin, end, type: type))}"#
  }

  private static let good = one("[2,3]", "0", "24")

  static let lies: [(String, [UInt8])] = [
    ("ST.HEADERLEN", []),
    ("ST.HEADERLEN", [1, 2, 3, 4, 5, 6, 7]),
    ("ST.HEADERLEN", file(good, data: 24, length: 0)),
    ("ST.HEADERLEN", file(good, data: 24, length: 1 << 63)),
    ("ST.HEADERLEN", file(good, data: 24, length: 100_000_001)),
    ("ST.HEADERLEN", file(good, data: 24, length: 1000)),
    ("ST.HEADER", file(" " + good, data: 24)),
    ("ST.HEADER", file("{\"w\"", data: 24)),
    ("ST.HEADER", file("[]")),
    ("ST.HEADER", file("{}{}")),
    ("ST.HEADER", file(good, data: 24, length: UInt64(good.utf8.count + 3))),
    (
      "ST.HEADER",
      file(
        "{\"w\":" + String(repeating: "[", count: 200) + String(repeating: "]", count: 200) + "}")
    ),
    (
      "ST.DUPLICATE",
      file("{\"w\":\(entry("[1]", "0", "4")),\"w\":\(entry("[1]", "0", "4"))}", data: 4)
    ),
    (
      "ST.DUPLICATE",
      file(
        "{\"w\":\(entry("[1]", "0", "4")),\"w\":\(entry("[2]", "0", "4", type: "F16"))}", data: 4)
    ),
    ("ST.OFFSET", file(one("[1]", "4", "0"), data: 4)),
    ("ST.OFFSET", file(one("[1]", "4", "8"), data: 8)),
    (
      "ST.OFFSET",
      file("{\"a\":\(entry("[1]", "0", "4")),\"b\":\(entry("[1]", "0", "4"))}", data: 4)
    ),
    (
      "ST.OFFSET",
      file("{\"a\":\(entry("[2]", "0", "8")),\"b\":\(entry("[1]", "4", "8"))}", data: 8)
    ),
    (
      "ST.OFFSET",
      file("{\"a\":\(entry("[1]", "0", "4")),\"b\":\(entry("[1]", "8", "12"))}", data: 12)
    ),
    ("ST.COVERAGE", file(good, data: 25)),
    ("ST.COVERAGE", file(good, data: 23)),
    ("ST.COVERAGE", file("{}", data: 1)),
    ("ST.SHAPE", file(one("[0,9223372036854775808]", "0", "0"))),
    ("ST.SHAPE", file(one("[4611686018427387904,4611686018427387904,0]", "0", "0"))),
    ("ST.SHAPE", file(one("[4611686018427387904]", "0", "0"))),
    ("ST.SHAPE", file(one("[-1]", "0", "4"), data: 4)),
    ("ST.SHAPE", file(one("[1.0]", "0", "4"), data: 4)),
    ("ST.SHAPE", file(one("[1e0]", "0", "4"), data: 4)),
    ("ST.SHAPE", file(one("[\"1\"]", "0", "4"), data: 4)),
    ("ST.SHAPE", file(one("[2]", "0", "4"), data: 4)),
    ("ST.SHAPE", file(one("[1]", "0", "9223372036854775807"), data: 4)),
    ("ST.SHAPE", file(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, data: 4)),
    ("ST.SHAPE", file(#"{"w":{"dtype":"F32","shape":[1]}}"#, data: 4)),
    ("ST.SHAPE", file(#"{"w":[]}"#)),
    ("ST.DTYPE", file(one("[1]", "0", "4", type: "F4"), data: 4)),
    ("ST.DTYPE", file(one("[1]", "0", "4", type: "f32"), data: 4)),
    ("ST.DTYPE", file(#"{"w":{"shape":[1],"data_offsets":[0,4]}}"#, data: 4)),
    ("ST.METADATA", file(#"{"__metadata__":{"a":{"b":"c"}}}"#)),
    ("ST.METADATA", file(#"{"__metadata__":{"a":1}}"#)),
    ("ST.METADATA", file(#"{"__metadata__":"a"}"#)),
    (
      "ST.METADATA",
      file("{\"__metadata__\":{\"a\":\"\(String(repeating: "x", count: 1 << 20))\"}}")
    ),
    ("ST.NAME", file("{\"\":\(entry("[1]", "0", "4"))}", data: 4)),
    (
      "ST.NAME",
      file("{\"\(String(repeating: "n", count: 1025))\":\(entry("[1]", "0", "4"))}", data: 4)
    ),
  ]

  @Test(arguments: lies.indices)
  func aFileThatLiesIsRefusedByItsCode(index: Int) {
    let (expected, bytes) = Self.lies[index]

    #expect(code { _ = try SafetensorsFile(file: InputFile(memory: bytes)) } == expected)
  }

  @Test func manyEmptyTensorsAreRefused() {
    let empty = Self.entry("[0]", "0", "0")
    let header = "{" + (0..<262_145).map { "\"\($0)\":\(empty)" }.joined(separator: ",") + "}"

    #expect(
      code { _ = try SafetensorsFile(file: InputFile(memory: Self.file(header))) } == "ST.COUNT")
  }

  @Test func unknownFieldsOfATensorAreNamedAndIgnored() throws {
    let header = #"{"w":{"dtype":"F32","extra":1,"shape":[1],"data_offsets":[0,4]}}"#

    let file = try SafetensorsFile(file: InputFile(memory: Self.file(header, data: 4)))

    #expect(file.warnings.count == 1)
    #expect(file.tensors.map(\.name) == ["w"])
  }

  @Test func whatTheReferenceWritesIsRead() throws {
    let file = try SafetensorsFile(path: Fixture.path("plain.safetensors"))

    #expect(file.metadata == ["format": "pt", "note": "é"])
    #expect(file.tensor(named: "single")?.shape == [3, 1, 2])
    #expect(file.tensor(named: "scalar")?.shape == [])
    #expect(try file.readFloats("scalar") == [7])
    #expect(try file.readFloats("double") == [0.1, -2])
    #expect(try file.readFloats("empty") == [])
    #expect(try file.readFloats("half").count == 6)
    #expect(try file.readRaw("ints") == [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])
    #expect(code { _ = try file.readFloats("ints") } == "ST.DTYPE")
    #expect(code { _ = try file.readFloats("absent") } == "ST.MISSING")
  }

  @Test func whatIsWrittenReadsBackBitForBitAndIsWrittenTheSameAgain() throws {
    let values: [Float] = [1, -2.5, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0, -0.0]
    try withTemporaryDirectory { directory in
      let paths = ["a", "b"].map { "\(directory)/\($0).safetensors" }
      for path in paths {
        try SafetensorsWriter.write(
          [
            ("z", [2, 3], .f32(values)), ("a", [2], .bf16([1, -1.5])), ("é", [1], .f16([0.25])),
            ("r", [3], .raw(.u8, [1, 2, 3])),
          ], metadata: ["format": "pt", "b": "2", "a": "1"], to: path)
      }

      let file = try SafetensorsFile(path: paths[0])

      #expect(file.tensors.map(\.name) == ["z", "a", "é", "r"])
      #expect(try file.readFloats("z").map(\.bitPattern) == values.map(\.bitPattern))
      #expect(try file.readFloats("a") == [1, -1.5])
      #expect(try file.readFloats("é") == [0.25])
      #expect(file.metadata == ["format": "pt", "a": "1", "b": "2"])
      #expect(try FileHash.sha256(ofFile: paths[0]) == FileHash.sha256(ofFile: paths[1]))
      #expect(try InputFile.contents(of: paths[0], maxBytes: 1000).count % 8 == 1)
    }
  }

  @Test func aFileMayBeReplacedWhileItIsRead() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/model.safetensors"
      try SafetensorsWriter.write([("w", [2], .f32([1, 2]))], to: path)
      let file = try SafetensorsFile(path: path)

      try SafetensorsWriter.write([("w", [2], .f32(file.readFloats("w").map { $0 + 1 }))], to: path)

      #expect(try file.readFloats("w") == [1, 2])
      #expect(try SafetensorsFile(path: path).readFloats("w") == [2, 3])
    }
  }
}
