import Foundation
import SafeIO
import Testing

@Suite struct InspectRefusalTests {
  private func refused(
    _ arguments: [String], exit code: Int32, _ prefix: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try CommandRunner.run(arguments)
    #expect(outcome.exitCode == code, "\(outcome.error)", sourceLocation: sourceLocation)
    #expect(!outcome.wasKilled, sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    // A warning may come first.
    let line = outcome.error.split(separator: "\n").first { $0.hasPrefix("error[") } ?? ""
    #expect(
      line.hasPrefix("error[\(prefix)"), "\(outcome.error)", sourceLocation: sourceLocation)
  }

  @Test func whatHoldsNothingKnownIsNamed() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    try Data("{}".utf8).write(to: scratch.url("other.json"))

    try refused(["inspect", scratch.root.path], exit: 3, "INSPECT.KIND]")
    try refused(["inspect", try scratch.touch("notes.txt")], exit: 3, "INSPECT.KIND]")
    try refused(["inspect", scratch.url("other.json").path], exit: 3, "INSPECT.KIND]")
    try refused(["inspect", scratch.url("nothing").path], exit: 3, "MODEL.NOT_FOUND]")
  }

  @Test(arguments: ["adapter_config.json", "adapter_model.safetensors"])
  func adapterWithoutOneOfItsFilesIsRefused(file: String) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let adapter = try Fixture.copy("llama-tied/adapter", to: scratch)
    try FileManager.default.removeItem(atPath: "\(adapter)/\(file)")

    try refused(
      ["inspect", Fixture.model("llama-tied"), "--adapter", adapter, "--ids", "5"], exit: 3,
      "IO.NOTFOUND]: \(adapter)/\(file)")
  }

  @Test func tensorWhoseShapeLiesIsRefusedWithAHint() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let file = URL(
      fileURLWithPath: "\(try Fixture.copy("llama-tied", to: scratch))/model.safetensors")
    var bytes = try Data(contentsOf: file)
    let shape = try #require(bytes.range(of: Data("[96,32]".utf8)))
    bytes.replaceSubrange(shape, with: Data("[97,32]".utf8))
    try bytes.write(to: file)

    let outcome = try CommandRunner.run(["inspect", file.path])

    #expect(outcome.exitCode == 3)
    #expect(outcome.error.hasPrefix("error[ST.SHAPE]: "))
    #expect(outcome.error.contains("\nhint: The file is damaged"))
  }

  @Test func adapterWithWeightsThatItsConfigurationDoesNotTargetIsRefused() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let adapter = try Fixture.copy("llama-tied/adapter", to: scratch)
    let file = URL(fileURLWithPath: "\(adapter)/adapter_config.json")
    var json = try #require(try JSON(parsingFile: file.path).object)
    json["target_modules"] = ["q_proj"]
    try Data(JSON(json).serialized().utf8).write(to: file)

    try refused(
      ["inspect", Fixture.model("llama-tied"), "--adapter", adapter, "--ids", "5"], exit: 3,
      "ADP.UNEXPECTED]")
  }

  @Test(arguments: [4, 100, 2_000, 20_000])
  func weightsThatAreCutAreRefused(length: Int) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let path = try Fixture.copy("llama-tied", to: scratch)
    let file = URL(fileURLWithPath: "\(path)/model.safetensors")
    try (try Data(contentsOf: file)).prefix(length).write(to: file)

    try refused(["inspect", path], exit: 3, "ST.")
    try refused(["inspect", file.path], exit: 3, "ST.")
    try refused(["inspect", path, "--ids", "1"], exit: 3, "ST.")
  }

  @Test(arguments: [3, 30, 3_000, 30_000])
  func ggufThatIsCutIsRefused(length: Int) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let whole = try Data(
      contentsOf: URL(fileURLWithPath: Fixture.model("llama-bpe-tied/model-f32.gguf")))
    try whole.prefix(length).write(to: scratch.url("cut.gguf"))

    try refused(["inspect", scratch.url("cut.gguf").path], exit: 3, "GGUF.")
  }

  @Test func anAdapterOfAnotherModelIsRefused() throws {
    let adapter = Fixture.model("llama-tied/adapter")

    try refused(
      ["inspect", Fixture.model("llama-headdim"), "--adapter", adapter, "--ids", "1"], exit: 3,
      "ADP.SHAPE]")
  }

  @Test func anAdapterWhoseBaseHasOtherWeightsIsRefusedUnlessForced() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let adapter = try Fixture.copy("llama-tied/adapter", to: scratch)
    let manifest = #"{"format": 1, "base_weights_sha256": "\#(String(repeating: "0", count: 64))"}"#
    try Data(manifest.utf8).write(to: URL(fileURLWithPath: "\(adapter)/graft.json"))
    let arguments = [
      "inspect", Fixture.model("llama-tied"), "--adapter", adapter, "--ids", "1",
    ]

    try refused(arguments, exit: 3, "ADP.BASE]")
    #expect(try CommandRunner.run(arguments + ["--force-base"]).exitCode == 0)
  }

  @Test(arguments: [
    ["--top", "3"], ["--adapter", "x"], ["--ids", "1", "--top", "0"], ["--ids", "1", "--tensors"],
    ["--ids", "1", "--force-base"], ["--ids", "1", "--threads", "0"], ["--tensor"],
  ])
  func flagsThatMeanNothingTogetherAreRefused(flags: [String]) throws {
    try refused(["inspect", Fixture.model("llama-tied")] + flags, exit: 2, "CFG.")
  }

  @Test func pipeInPlaceOfAModelIsAModelThatIsRefused() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let pipe = scratch.url("model.gguf").path
    #expect(mkfifo(pipe, 0o600) == 0)

    for arguments in [["inspect", pipe], ["generate", "--model", pipe, "--prompt", "x"]] {
      let outcome = try CommandRunner.run(arguments)

      #expect(outcome.exitCode == 3)
      #expect(
        outcome.error.hasPrefix(
          "error[IO.NOTREGULAR]: \(pipe): expected a regular file, found a pipe\n"))
    }
  }
}
