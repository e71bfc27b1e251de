import Foundation
import Testing
import graft

@Suite struct ModelLocationTests {
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
  }

  private func resolve(
    _ name: String, home: String? = nil
  ) throws(ModelLocationError) -> ModelLocation {
    try ModelLocation.resolve(
      name, workingDirectory: scratch.root.path, environment: home.map { ["GRAFT_HOME": $0] } ?? [:]
    )
  }

  @Test func directoryWithConfigurationIsAModel() throws {
    defer { scratch.remove() }
    try scratch.touch("elsewhere/config.json")

    let found = try resolve(scratch.url("elsewhere").path)

    #expect(found.layout == .directory)
    #expect(found.path == scratch.url("elsewhere").path)
  }

  @Test func nameMeansTheOnlyGGUFFileOfItsDirectoryUnderCheckpoints() throws {
    defer { scratch.remove() }
    let file = try scratch.touch("checkpoints/small/Some.Q4_1.gguf")
    try scratch.touch("checkpoints/small/README.md")

    let found = try resolve("small")

    #expect(found.layout == .gguf)
    #expect(found.path == file)
  }

  @Test func nameMayLeaveOutTheEndingOfAFile() throws {
    defer { scratch.remove() }
    let file = try scratch.touch("checkpoints/small.gguf")

    #expect(try resolve("small").path == file)
  }

  @Test func checkpointsOfTheWorkingDirectoryComeBeforeThoseOfTheHome() throws {
    defer { scratch.remove() }
    let home = scratch.url("home").path
    try scratch.touch("home/checkpoints/both/config.json")
    try scratch.touch("home/checkpoints/other/config.json")
    try scratch.touch("checkpoints/both/config.json")

    #expect(try resolve("both", home: home).path == scratch.url("checkpoints/both").path)
    #expect(try resolve("other", home: home).path == scratch.url("home/checkpoints/other").path)
  }

  @Test func nameMayLieInTheHomeItselfBehindItsCheckpoints() throws {
    defer { scratch.remove() }
    let home = scratch.url("home").path
    try scratch.touch("home/direct/config.json")
    try scratch.touch("home/both/config.json")
    try scratch.touch("home/checkpoints/both/config.json")

    #expect(try resolve("direct", home: home).path == scratch.url("home/direct").path)
    #expect(try resolve("both", home: home).path == scratch.url("home/checkpoints/both").path)
  }

  @Test func withoutAHomeOfItsOwnTheDataDirectoryOfThePersonIsIt() throws {
    defer { scratch.remove() }
    let person = scratch.url("person").path
    let store = "person/.local/share/graft/checkpoints"
    try scratch.touch("\(store)/small/config.json")
    try scratch.touch("home/other/config.json")
    let resolve = { (home: String) throws(ModelLocationError) in
      try ModelLocation.resolve(
        "small", workingDirectory: scratch.root.path,
        environment: ["HOME": person, "GRAFT_HOME": home])
    }

    #expect(try resolve("").path == scratch.url("\(store)/small").path)
    #expect(throws: ModelLocationError.self) { try resolve(scratch.url("home").path) }
  }

  @Test func missingModelSaysWhereItLookedAndWhatWasMeant() throws {
    defer { scratch.remove() }
    try scratch.touch("checkpoints/smollm2/config.json")

    let error = try #require(throws: ModelLocationError.self) { try resolve("smolm2") }

    let store = scratch.url("checkpoints").path
    #expect(error.code == "MODEL.NOT_FOUND")
    #expect(
      error.description
        == "no model 'smolm2'; looked at smolm2, \(store)/smolm2, \(store)/smolm2.gguf")
    #expect(error.hint == "Did you mean 'smollm2'?")
  }

  @Test func directoryWithSeveralGGUFFilesIsRefusedByNames() throws {
    defer { scratch.remove() }
    try scratch.touch("two/b.gguf")
    try scratch.touch("two/a.gguf")
    let path = scratch.url("two").path

    #expect(throws: ModelLocationError.holdsSeveral(path: path, files: ["a.gguf", "b.gguf"])) {
      try resolve(path)
    }
  }

  @Test func whatIsNoModelIsRefusedForWhatItIs() throws {
    defer { scratch.remove() }
    try scratch.touch("adapter/adapter_config.json")
    let text = try scratch.touch("notes.txt")
    let (adapter, root) = (scratch.url("adapter").path, scratch.root.path)

    #expect(throws: ModelLocationError.isAdapter(path: adapter)) { try resolve(adapter) }
    #expect(throws: ModelLocationError.notGGUF(path: text)) { try resolve(text) }
    #expect(throws: ModelLocationError.holdsNoModel(path: root)) { try resolve(root) }
  }
}
