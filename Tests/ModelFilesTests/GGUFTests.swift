import ModelFiles
import SafeIO
import Testing

@Suite struct GGUFTests {
  @Test func everyBlockTypeDequantisesBitForBitAsTheReference() throws {
    let file = try GGUFFile(path: Fixture.path("quants.gguf"))
    let expected = Dequantize.floats(.f32, try Fixture.bytes("quants.f32"))

    var place = 0
    for tensor in file.tensors {
      let values = try file.readFloats(tensor.name)
      let reference = expected[place..<(place + values.count)]
      #expect(
        values.map(\.bitPattern) == reference.map(\.bitPattern), "\(tensor.name) differs")
      place += values.count
    }

    #expect(place == expected.count)
    #expect(file.tensors.count == 14)
  }

  @Test func rowsOfATensorAreThoseOfTheWhole() throws {
    let file = try GGUFFile(path: Fixture.path("quants.gguf"))
    for tensor in file.tensors {
      let whole = try file.readFloats(tensor.name)
      var rows = [Float](repeating: 0, count: 2 * tensor.rowLength)

      try rows.withUnsafeMutableBufferPointer {
        try file.readFloats(tensor.name, rows: 1..<3, into: $0)
      }

      #expect(rows.map(\.bitPattern) == whole[tensor.rowLength...].map(\.bitPattern))
      #expect(throws: ModelFileError.self) {
        try rows.withUnsafeMutableBufferPointer {
          try file.readFloats(tensor.name, rows: 2..<4, into: $0)
        }
      }
    }
  }

  @Test func metadataIsTypedAndKeepsItsOrder() throws {
    let metadata = try GGUFFile(path: Fixture.path("quants.gguf")).metadata

    #expect(metadata.keys.first == "general.architecture")
    #expect(try metadata.string("general.architecture") == "quants")
    #expect(try metadata.strings("test.strings") == ["a", "é", ""])
    #expect(try metadata.ints("test.ints") == [1, -2, 3])
    #expect(try metadata.floats("test.floats") == [0.5, -1])
    #expect(try metadata.bool("test.bool") == true)
    #expect(try metadata.float("test.f64") == 0.1)
    #expect(metadata["test.i8"] == .signed(-3, .i8))
    #expect(metadata["test.u64"] == .unsigned((1 << 63) + 1, .u64))
    #expect(try metadata.string("absent") == nil)
    #expect(throws: ModelFileError.self) { try metadata.uint("test.i8") }
    #expect(throws: ModelFileError.self) { try metadata.uint("test.u64") }
    #expect(throws: ModelFileError.self) { try metadata.strings("test.ints") }
  }

  @Test func aGGUFModelIsTheHuggingFaceModelItWasMadeFrom() throws {
    let file = try GGUFFile(path: Fixture.path("llama.gguf"))
    let configuration = try TransformerConfiguration(gguf: file)
    let source = try GGUFModelSource(file, configuration: configuration)
    let reference = try SafetensorsFile(path: Fixture.path("llama.safetensors"))

    #expect(
      configuration
        == TransformerConfiguration(
          vocabularySize: 32, hiddenSize: 16, intermediateSize: 24, layerCount: 2, headCount: 4,
          keyValueHeadCount: 2, headDimension: 8, normEpsilon: 1e-5, ropeTheta: 100_000,
          maxPositions: 64, tiesEmbeddings: true, bosTokenID: 1, eosTokenIDs: [2], padTokenID: 2))
    try source.check(reference.tensors.map { ($0.name, $0.shape) })
    for tensor in reference.tensors {
      #expect(try source.readFloats(tensor.name) == reference.readFloats(tensor.name))
    }
    // Rows that begin and end inside of heads.
    let name = "model.layers.1.self_attn.q_proj.weight"
    var some = [Float](repeating: 0, count: 9 * 16)
    try some.withUnsafeMutableBufferPointer {
      try source.readFloats(name, rows: 5..<14, into: $0)
    }
    #expect(some == Array(try reference.readFloats(name)[(5 * 16)..<(14 * 16)]))
  }

  @Test func tensorNamesMapBothWays() {
    let pairs = [
      ("token_embd.weight", "model.embed_tokens.weight"), ("output.weight", "lm_head.weight"),
      ("output_norm.weight", "model.norm.weight"),
      ("blk.12.ffn_down.weight", "model.layers.12.mlp.down_proj.weight"),
      ("blk.0.attn_q.bias", "model.layers.0.self_attn.q_proj.bias"),
      ("blk.3.attn_k_norm.weight", "model.layers.3.self_attn.k_norm.weight"),
    ]
    for (gguf, huggingFace) in pairs {
      #expect(GGUFNames.huggingFace(gguf) == huggingFace)
      #expect(GGUFNames.gguf(huggingFace) == gguf)
    }
    for name in [
      "blk.x.attn_q.weight", "blk.01.attn_q.weight", "blk.1.ffn_gate_inp.weight", "rope",
    ] {
      #expect(GGUFNames.huggingFace(name) == nil)
    }
  }

  @Test func missingExtraAndMisshapenTensorsAreListed() throws {
    let file = try SafetensorsFile(path: Fixture.path("plain.safetensors"))

    let missing = #expect(throws: ModelFileError.self) {
      try file.check([("half", [2, 3]), ("x", [1]), ("y", [1])])
    }
    let shape = #expect(throws: ModelFileError.self) { try file.check([("half", [3, 2])]) }
    let extra = #expect(throws: ModelFileError.self) {
      try file.check([("half", [2, 3])], ignoring: { $0 == "ints" })
    }

    #expect(missing?.problem == .missingTensors(family: "ST", ["x", "y"]))
    #expect(shape?.code == "ST.SHAPE")
    #expect(extra?.description.contains("4 tensors") == true)
  }

  @Test func halvesRoundToTheNearestAndBack() {
    for bits in UInt16.min...UInt16.max {
      let value = HalfPrecision.float(half: bits)
      let isNaN = bits & 0x7FFF > 0x7C00
      #expect(value.isNaN == isNaN)
      if !isNaN { #expect(HalfPrecision.half(value) == bits) }
    }
    #expect(HalfPrecision.half(65_519) == 0x7BFF && HalfPrecision.half(65_520) == 0x7C00)
    #expect(HalfPrecision.half(0x1p-25) == 0 && HalfPrecision.half(0x1.8p-25) == 1)
    #expect(HalfPrecision.bfloat16(1.00390625) == 0x3F80)
    #expect(HalfPrecision.bfloat16(1.01171875) == 0x3F82)
    #expect(HalfPrecision.float(bfloat16: HalfPrecision.bfloat16(.nan)).isNaN)
  }
}
