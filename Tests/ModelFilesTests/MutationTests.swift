import ModelFiles
import SafeIO
import TestSupport
import Testing

/// Many damaged files, none of which may end the process, take long, or fail without a sentence.
@Suite(.serialized) struct MutationTests {
  private func expectCalm(_ run: MutationRun, accepted: Int, codes: [String]) {
    #expect(run.foreign.isEmpty, "\(run.foreign)")
    #expect(run.slowest < .seconds(1), "case \(run.slowestCase)")
    // A mutator that only makes nonsense, or none, tests nothing.
    if MutationRun.count >= 100_000 {
      #expect(run.accepted > accepted)
      for code in codes { #expect(run.refused[code, default: 0] > 0, "\(code) never seen") }
    }
  }

  /// Reads all that a model is loaded from.
  private func readEverything(_ source: some TensorSource) throws {
    for tensor in source.tensors where tensor.type.isReadable {
      _ = try source.readFloats(tensor.name)
    }
  }

  @Test func noDamageToAGGUFFileGetsPastItsReader() throws {
    let bytes = try Fixture.bytes("quants.gguf")
    let header = try GGUFFile(file: InputFile(memory: bytes)).dataOffset

    let run = MutationRun("gguf", Mutator(bytes, focus: 0..<header)) { mutant in
      try readEverything(GGUFFile(file: InputFile(memory: mutant)))
    }

    expectCalm(
      run, accepted: 1000,
      codes: [
        "GGUF.MAGIC", "GGUF.VERSION", "GGUF.COUNT", "GGUF.STRING", "GGUF.ARRAY", "GGUF.SHAPE",
        "GGUF.TYPE", "GGUF.OFFSET", "GGUF.TRUNCATED", "GGUF.TRAILING", "GGUF.METATYPE",
      ])
  }

  @Test func noDamageToAGGUFModelGetsPastItsConfiguration() throws {
    let bytes = GGUFBuilder.llama()
    let header = try GGUFFile(file: InputFile(memory: bytes)).dataOffset

    let run = MutationRun("gguf model", Mutator(bytes, focus: 0..<header)) { mutant in
      let file = try GGUFFile(file: InputFile(memory: mutant))
      let configuration = try TransformerConfiguration(gguf: file)
      _ = configuration.inverseFrequencies
      try readEverything(GGUFModelSource(file, configuration: configuration))
    }

    expectCalm(run, accepted: 1000, codes: ["GGUF.HPARAM", "GGUF.ARCHITECTURE"])
  }

  @Test func noDamageToASafetensorsFileGetsPastItsReader() throws {
    let bytes = try Fixture.bytes("plain.safetensors")

    let run = MutationRun("safetensors", Mutator(bytes)) { mutant in
      try readEverything(SafetensorsFile(file: InputFile(memory: mutant)))
    }

    expectCalm(
      run, accepted: 100,
      codes: ["ST.HEADERLEN", "ST.HEADER", "ST.OFFSET", "ST.COVERAGE", "ST.SHAPE", "ST.DTYPE"])
  }

  @Test func noDamageToJSONGetsPastItsReaderAndWhatDoesReadsBack() throws {
    let bytes = Array(
      #"{"a":[1,-2.5e3,"é\n\u00e9\ud83d\ude00"],"b":{"c":null,"d":[true,false]},"e":12345678901}"#
        .utf8)

    let run = MutationRun("json", Mutator(bytes)) { mutant in
      let json = try JSON(parsing: mutant)
      let again = try JSON(parsing: json.serialized())
      if again != json { throw Differs() }
    }

    expectCalm(run, accepted: 1000, codes: ["JSON.SYNTAX", "JSON.UTF8", "JSON.DUPLICATE"])
  }

  private struct Differs: Error {}

  @Test func noDamageToAConfigurationGetsPastItsReader() throws {
    let bytes = try Fixture.bytes("config-llama3.json")

    let run = MutationRun("config.json", Mutator(bytes)) { mutant in
      let configuration = try TransformerConfiguration(parsing: JSON(parsing: mutant))
      _ = configuration.inverseFrequencies
      let again = try TransformerConfiguration(parsing: configuration.json())
      if again != configuration { throw Differs() }
    }

    expectCalm(
      run, accepted: 1000, codes: ["CONFIG.VALUE", "CONFIG.TYPE", "CONFIG.MISSING", "JSON.SYNTAX"])
  }

  @Test func noDamageToAnAdapterConfigurationGetsPastItsReader() throws {
    let bytes = try Fixture.bytes("adapter_config.json")

    let run = MutationRun("adapter_config.json", Mutator(bytes)) { mutant in
      let configuration = try PEFTConfiguration(parsing: JSON(parsing: mutant))
      _ = configuration.scale(of: "model.layers.0.self_attn.q_proj")
      _ = configuration.adapts("model.layers.0.self_attn.q_proj")
      let again = try PEFTConfiguration(parsing: configuration.json())
      if again != configuration { throw Differs() }
    }

    expectCalm(run, accepted: 1000, codes: ["ADP.CONFIG", "ADP.UNSUPPORTED", "CONFIG.TYPE"])
  }
}
