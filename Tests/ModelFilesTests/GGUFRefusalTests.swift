import ModelFiles
import SafeIO
import Testing

/// Files that lie, each with the code of its refusal.
@Suite struct GGUFRefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var code: String
    var bytes: [UInt8]
    var testDescription: String { name }

    init(_ name: String, _ code: String, _ bytes: [UInt8]) {
      self.name = name
      self.code = code
      self.bytes = bytes
    }

    init(_ name: String, _ code: String, _ change: (inout GGUFBuilder) -> Void) {
      self.init(name, code, GGUFBuilder.file(change))
    }
  }

  private typealias B = GGUFBuilder

  static let container: [Case] = [
    Case("empty", "GGUF.MAGIC", []),
    Case("three bytes", "GGUF.MAGIC", [0x47, 0x47, 0x55]),
    Case("other magic", "GGUF.MAGIC") { $0.magic = "FUGG" },
    Case("version 0", "GGUF.VERSION") { $0.version = 0 },
    Case("version 1", "GGUF.VERSION") { $0.version = 1 },
    Case("version 4", "GGUF.VERSION") { $0.version = 4 },
    Case("big-endian", "GGUF.VERSION") { $0.version = UInt32(3).byteSwapped },
    Case("all tensors there could be", "GGUF.COUNT") { $0.declaredTensors = .max },
    Case("2^60 tensors", "GGUF.COUNT") { $0.declaredTensors = 1 << 60 },
    Case("2^60 keys", "GGUF.COUNT") { $0.declaredKeys = 1 << 60 },
    Case("string of 2^63 bytes", "GGUF.STRING") {
      $0.keys.append(("x", .init(type: 8, bytes: B.little(UInt64(1) << 63))))
    },
    Case("string longer than the file", "GGUF.STRING") {
      $0.keys.append(("x", .init(type: 8, bytes: B.little(UInt64(10_000)))))
    },
    Case("string that is not UTF-8", "GGUF.STRING") {
      $0.keys.append(("x", .init(type: 8, bytes: B.little(UInt64(1)) + [0xFF])))
    },
    Case("empty key", "GGUF.KEY") { $0.keys.append(("", .u32(1))) },
    Case("key with NUL", "GGUF.KEY") { $0.keys.append(("a\0b", .u32(1))) },
    Case("key of 65,536 bytes", "GGUF.KEY") {
      $0.keys.append((String(repeating: "k", count: 65_536), .u32(1)))
    },
    Case("key twice", "GGUF.DUPLICATE") { $0.keys += [("x", .u32(1)), ("x", .u32(2))] },
    Case("tensor twice", "GGUF.DUPLICATE") { $0.tensors.append($0.tensors[0]) },
    Case("array of arrays", "GGUF.NESTING") {
      $0.keys.append(("x", .array(9, count: 1, B.little(UInt32(9)))))
    },
    Case("array of 2^62", "GGUF.ARRAY") { $0.keys.append(("x", .array(10, count: 1 << 62, []))) },
    Case("strings beyond the end", "GGUF.ARRAY") {
      $0.keys.append(("x", .array(8, count: 100, [])))
    },
    Case("value of type 13", "GGUF.METATYPE") { $0.keys.append(("x", .init(type: 13, bytes: []))) },
    Case("bool of 2", "GGUF.METATYPE") { $0.keys.append(("x", .bool(2))) },
    Case("alignment 0", "GGUF.ALIGNMENT") { $0.keys.append(("general.alignment", .u32(0))) },
    Case("alignment 3", "GGUF.ALIGNMENT") { $0.keys.append(("general.alignment", .u32(3))) },
    Case("alignment 2^31", "GGUF.ALIGNMENT") {
      $0.keys.append(("general.alignment", .u32(1 << 31)))
    },
    Case("alignment of type i32", "GGUF.ALIGNMENT") {
      $0.keys.append(("general.alignment", .i32(32)))
    },
    Case("five dimensions", "GGUF.SHAPE") { $0.tensors[0].dimensions = [32, 2, 1, 1, 1] },
    Case("dimension 0", "GGUF.SHAPE") { $0.tensors[0].dimensions = [32, 0] },
    Case("dimension 2^63", "GGUF.SHAPE") { $0.tensors[0].dimensions = [32, 1 << 63] },
    Case("too many elements", "GGUF.SIZE") { $0.tensors[0].dimensions = [1 << 40, 1 << 40] },
    Case("too many bytes", "GGUF.SIZE") { $0.tensors[0].dimensions = [1 << 40, 1 << 22] },
    Case("too many padded bytes", "GGUF.SIZE") {
      $0.tensors[0].type = 24
      $0.tensors[0].dimensions = [UInt64(Int.max)]
    },
    Case("too many bytes together", "GGUF.SIZE") {
      $0.tensors[0].type = 24
      $0.tensors[0].dimensions = [1 << 62]
      $0.tensors.append(
        .init(name: "v", dimensions: [1 << 62], type: 24, offset: 1 << 62, data: []))
    },
    Case("row that is no whole blocks", "GGUF.TYPE") { $0.tensors[0].type = 12 },
    Case("type 999", "GGUF.TYPE") { $0.tensors[0].type = 999 },
    Case("removed type", "GGUF.TYPE") { $0.tensors[0].type = 4 },
    Case("unaligned offset", "GGUF.OFFSET") { $0.tensors[0].offset = 1 },
    Case("gap", "GGUF.OFFSET") { $0.tensors[0].offset = 32 },
    Case("overlap", "GGUF.OFFSET") {
      $0.tensors.append(.init(name: "v", dimensions: [8], offset: 0, data: []))
    },
    Case("offset beyond the end", "GGUF.OFFSET") { $0.tensors[0].offset = 1 << 40 },
    Case("data shorter than declared", "GGUF.TRUNCATED") { $0.tensors[0].data.removeLast(33) },
    Case("one byte short", "GGUF.TRUNCATED", Array(B.file().dropLast())),
    Case("header cut", "GGUF.TRUNCATED", Array(B.file().prefix(100))),
    Case("trailing bytes", "GGUF.TRAILING", B.file() + [0]),
  ]

  @Test(arguments: container)
  func aFileThatLiesIsRefusedByItsCode(example: Case) {
    #expect(
      code { _ = try GGUFFile(file: InputFile(memory: example.bytes)) } == example.code)
  }

  @Test func theFileThatTheLiesAreMadeFromIsAccepted() throws {
    let file = try GGUFFile(file: InputFile(memory: GGUFBuilder.file()))

    #expect(file.tensors.map(\.shape) == [[2, 32]])
    #expect(try file.readFloats("w") == [Float](repeating: 0, count: 64))
  }

  @Test func missingPaddingAfterTheLastTensorIsAccepted() throws {
    let bytes = GGUFBuilder.file { builder in
      builder.tensors[0].dimensions = [33]
      builder.tensors[0].data = [UInt8](repeating: 0, count: 132)
    }

    #expect(
      code { _ = try GGUFFile(file: InputFile(memory: Array(bytes.dropLast(28)))) } == "accepted")
    #expect(
      code { _ = try GGUFFile(file: InputFile(memory: Array(bytes.dropLast(29)))) }
        == "GGUF.TRUNCATED")
  }

  @Test func manyKeysAreRefusedWithoutReadingThem() {
    let bytes = GGUFBuilder.file { builder in
      builder.keys = (0..<70_000).map { ("k\($0)", .bool(0)) }
    }

    #expect(code { _ = try GGUFFile(file: InputFile(memory: bytes)) } == "GGUF.COUNT")
  }

  @Test func valuesThatAreNotFiniteAreRefusedWithTheirPlace() throws {
    let bytes = GGUFBuilder.file { builder in
      builder.tensors[0].data.replaceSubrange(20..<24, with: [0, 0, 0xC0, 0x7F])
      builder.tensors[0].data.replaceSubrange(40..<44, with: [0, 0, 0x80, 0xFF])
    }
    let file = try GGUFFile(file: InputFile(memory: bytes))
    var values = [Float](repeating: 0, count: 64)

    let error = #expect(throws: ModelFileError.self) {
      try values.withUnsafeMutableBufferPointer { try file.readFiniteFloats("w", into: $0) }
    }

    #expect(error?.problem == .notFinite(family: "GGUF", tensor: "w", count: 2, first: 5))
    #expect(error?.code == "GGUF.NONFINITE")
  }

  static let configuration: [Case] = [
    change("no architecture", "GGUF.METATYPE") { $0["general.architecture"] = nil },
    change("other architecture", "GGUF.ARCHITECTURE") {
      $0["general.architecture"] = .string("gemma3")
    },
    change("no heads", "GGUF.HPARAM") { $0["llama.attention.head_count"] = .u32(0) },
    change("no key-value heads", "GGUF.HPARAM") {
      $0["llama.attention.head_count_kv"] = .u32(0)
    },
    change("negative heads", "GGUF.METATYPE") { $0["llama.attention.head_count"] = .i32(-4) },
    change("heads as text", "GGUF.METATYPE") {
      $0["llama.attention.head_count"] = .string("4")
    },
    change("heads that do not share", "GGUF.HPARAM") {
      $0["llama.attention.head_count_kv"] = .u32(3)
    },
    change("no blocks", "GGUF.HPARAM") { $0["llama.block_count"] = .u32(0) },
    change("too many blocks", "GGUF.HPARAM") { $0["llama.block_count"] = .u32(.max) },
    change("block count missing", "GGUF.METATYPE") { $0["llama.block_count"] = nil },
    change("embedding not divisible", "GGUF.HPARAM") {
      $0["llama.embedding_length"] = .u32(33)
      $0["llama.rope.dimension_count"] = nil
    },
    change("embedding of nothing", "GGUF.HPARAM") {
      $0["llama.embedding_length"] = .u32(0)
      $0["llama.rope.dimension_count"] = nil
    },
    change("part of a head rotated", "GGUF.HPARAM") {
      $0["llama.rope.dimension_count"] = .u32(4)
    },
    change("epsilon NaN", "GGUF.HPARAM") {
      $0["llama.attention.layer_norm_rms_epsilon"] = .f32(.nan)
    },
    change("frequency base infinite", "GGUF.HPARAM") {
      $0["llama.rope.freq_base"] = .f32(.infinity)
    },
    change("experts", "GGUF.HPARAM") { $0["llama.expert_count"] = .u32(8) },
    change("stretched positions", "GGUF.HPARAM") {
      $0["llama.rope.scaling.type"] = .string("yarn")
    },
    change("stretched positions without a type", "GGUF.HPARAM") {
      $0["llama.rope.scaling.factor"] = .f32(4)
    },
    change("one file of two", "GGUF.HPARAM") { $0["split.count"] = .u32(2) },
    change("adapter", "GGUF.HPARAM") { $0["general.type"] = .string("adapter") },
    change("key that nobody knows", "GGUF.UNKNOWN") {
      $0["llama.attention.temperature_scale"] = .f32(0.1)
    },
    change("key misspelt", "GGUF.UNKNOWN") { $0["llama.rope.freqbase"] = .f32(10_000) },
    change("another vocabulary", "GGUF.HPARAM") { $0["llama.vocab_size"] = .u32(3) },
    change("token beyond the vocabulary", "GGUF.HPARAM") {
      $0["tokenizer.ggml.eos_token_id"] = .u32(2)
    },
  ]

  private static func change(
    _ name: String, _ code: String, _ change: (inout [String: GGUFBuilder.Value]) -> Void
  ) -> Case {
    Case(name, code, GGUFBuilder.llama(change))
  }

  @Test(arguments: configuration)
  func aConfigurationThatCannotBeIsRefusedByItsCode(example: Case) throws {
    let file = try GGUFFile(file: InputFile(memory: example.bytes))

    #expect(code { _ = try TransformerConfiguration(gguf: file) } == example.code)
  }

  @Test func unknownKeysAreNamedWithWhatWasMeant() throws {
    let bytes = GGUFBuilder.llama {
      $0["llama.rope.freqbase"] = .f32(10_000)
      $0["llama.new.thing"] = .u32(0)
    }
    let file = try GGUFFile(file: InputFile(memory: bytes))

    let error = #expect(throws: ModelFileError.self) { try TransformerConfiguration(gguf: file) }

    #expect(
      error?.description == "memory: unknown metadata: llama.new.thing, llama.rope.freqbase")
    #expect(error?.hint == "What is not known could change what the model computes.")
  }

  @Test func keysThatDescribeTheFileAreAccepted() throws {
    let bytes = GGUFBuilder.llama {
      $0["general.type"] = .string("model")
      $0["general.quantized_by"] = .string("someone")
      $0["quantize.imatrix.chunks_count"] = .i32(100)
      $0["tokenizer.ggml.anything"] = .u32(1)
      $0["split.count"] = .u32(1)
      $0["llama.expert_count"] = .u32(0)
      $0["llama.rope.scaling.type"] = .string("none")
      $0["llama.rope.scaling.factor"] = .f32(1)
      $0["llama.rope.scaling.original_context_length"] = .u32(16)
      $0["llama.rope.scaling.finetuned"] = .bool(0)
    }
    let file = try GGUFFile(file: InputFile(memory: bytes))

    #expect(try TransformerConfiguration(gguf: file).maxPositions == 16)
  }

  @Test func anArrayOfNarrowIntegersIsNotTakenForTokenTypes() throws {
    let bytes = GGUFBuilder.llama {
      $0["tokenizer.ggml.token_type"] = .array(0, count: 2, [1, 1])
    }
    let file = try GGUFFile(file: InputFile(memory: bytes))

    let error = #expect(throws: ModelFileError.self) {
      try file.metadata.ints("tokenizer.ggml.token_type")
    }

    #expect(error?.code == "GGUF.METATYPE")
  }
}
