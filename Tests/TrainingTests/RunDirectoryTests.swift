import Foundation
import ModelFiles
import SafeIO
import TensorCore
import Testing
import Training

/// Who may write to a run's directory, what is kept there, and what is found when a run goes on.
@Suite struct RunDirectoryTests {
  private let path = FileManager.default.temporaryDirectory
    .appending(path: "graft-run-\(UUID().uuidString)").path()

  private func withRun(_ body: () throws -> Void) throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body()
  }

  private func description(_ identity: JSONObject, saved: Int = 0) -> JSONObject {
    var object = JSONObject()
    object["graft"] = "0"
    object["identity"] = JSON(identity)
    object["saved_step"] = JSON(saved)
    return object
  }

  private func identity(seed: Int) -> JSONObject {
    var object = JSONObject()
    object["seed"] = JSON(seed)
    return object
  }

  private func state(step: Int, seed: Int = 1) -> TrainingState {
    TrainingState(
      snapshot: TrainerSnapshot(
        step: step, seenRows: step, pending: nil, recentLosses: [],
        weights: [("w", Tensor([Float(step)], shape: [1]))], optimizer: []),
      identity: identity(seed: seed), progress: JSONObject())
  }

  private func record(_ step: Int) -> StepRecord {
    StepRecord(
      step: step, epoch: 1, loss: 1, learningRate: 1, gradientNorm: 1, tokens: 1, totalTokens: 1,
      seconds: 1, validationLoss: nil)
  }

  private func write(_ text: String, _ name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
  }

  @Test func secondOpenerIsToldWhoHasTheDirectory() throws {
    try withRun {
      var first: RunDirectory? = try RunDirectory(opening: path)
      try first?.writeRun(description(JSONObject()))

      let error = #expect(throws: TrainingError.self) { try RunDirectory(opening: path) }
      #expect(throws: TrainingError.self) { try RunDirectory.requireUsable(path) }

      #expect(error == .locked(path: path, process: Int(getpid())))
      #expect(error?.failureClass.rawValue == 9)
      first = nil
      _ = try RunDirectory(opening: path)
    }
  }

  @Test func directoriesThatHoldNoRunAreRefused() throws {
    try withRun {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try RunDirectory.requireUsable(path)
      try write("mine", "notes.txt")

      for restarts in [false, true] {
        let error = #expect(throws: TrainingError.self) {
          try RunDirectory.requireUsable(path, restarts: restarts)
        }
        #expect(error?.code == "CFG.OUTDIR")
      }
      // A run of a version that could not go on may only be begun again.
      try write("{\"graft\": \"0.1.0\"}", "run.json")
      #expect(throws: TrainingError.self) { try RunDirectory.requireUsable(path) }
      try RunDirectory.requireUsable(path, restarts: true)
    }
  }

  @Test func restartRemovesTheRunAndNothingElse() throws {
    try withRun {
      do {
        let run = try RunDirectory(opening: path)
        try run.writeRun(description(JSONObject()))
        try run.append(record(1))
        try state(step: 1).save(to: run.states.newPath(of: 1))
        try FileManager.default.createDirectory(
          atPath: run.adapterPath, withIntermediateDirectories: true)
      }
      try write("mine", "notes.txt")

      let run = try RunDirectory(opening: path, restarts: true)

      #expect(run.found == nil && run.states.steps.isEmpty)
      let entries = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      #expect(entries == [".lock", "notes.txt"])
    }
  }

  @Test func metricsEndWithTheStepThatTheRunGoesOnFrom() throws {
    try withRun {
      let run = try RunDirectory(opening: path)
      for step in 1...5 { try run.append(record(step)) }
      let handle = try FileHandle(forWritingTo: URL(filePath: "\(path)/metrics.jsonl"))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"step\": 6, \"lo".utf8))

      let cut = try run.startMetrics(after: 3)
      try run.append(record(4))

      var steps: [Int?] = []
      try JSONLines.forEach(path: "\(path)/metrics.jsonl") { _, line in
        steps.append(try JSON(parsing: line)["step"]?.int)
      }
      #expect(steps == [1, 2, 3, 4] && cut == .init(cut: 2, missing: 0))
      #expect(try run.startMetrics(after: 9) == .init(cut: 0, missing: 5))
    }
  }

  @Test func newestStateThatIsAsItWasWrittenIsFound() throws {
    try withRun {
      let run = try RunDirectory(opening: path)
      for step in [3, 20, 100] { try state(step: step).save(to: run.states.newPath(of: step)) }
      try run.states.prune(keeping: 2, upTo: 100)
      #expect(run.states.steps == [100, 20])

      try write("{}", "state/step-100/state.json")
      let found = try run.continuation(of: identity(seed: 1))

      #expect(found.state?.snapshot.weights.first?.value.scalars == [20])
      #expect(found.damages.map(\.step) == [100])
      #expect(found.damages.first?.reason.contains("step-100/state.json: 2 bytes") == true)
      // What comes after the step that the run went back to is written anew.
      try state(step: 21).save(to: run.states.newPath(of: 21))
      try run.states.prune(keeping: 2, upTo: 21)
      #expect(run.states.steps == [21, 20])
    }
  }

  @Test func runWithoutAUsableStateDoesNotBeginAgainInSilence() throws {
    try withRun {
      do { try RunDirectory(opening: path).writeRun(description(identity(seed: 1), saved: 7)) }
      let run = try RunDirectory(opening: path)

      let error = #expect(throws: TrainingError.self) {
        try run.continuation(of: identity(seed: 1))
      }

      #expect(error?.code == "CKPT.CORRUPT" && error?.failureClass == .checkpoint)
      #expect(error?.description.contains("step 7") == true)
    }
  }

  @Test func otherSettingsAreRefusedByNameUnlessAccepted() throws {
    try withRun {
      let run = try RunDirectory(opening: path)
      try state(step: 4, seed: 1).save(to: run.states.newPath(of: 4))

      let error = #expect(throws: TrainingError.self) {
        try run.continuation(of: identity(seed: 2))
      }
      let found = try run.continuation(of: identity(seed: 2), accepting: ["seed"])

      #expect(error?.failureClass.rawValue == 8)
      #expect(error?.description.contains("seed 1, now 2") == true)
      #expect(found.accepted.map(\.name) == ["seed"])
      #expect(throws: TrainingError.self) {
        try run.continuation(of: identity(seed: 2), accepting: ["steps"])
      }
    }
  }
}
