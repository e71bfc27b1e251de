import Adapters
import Autodiff
import Datasets
import Foundation
import ModelFiles
import Models
import NN
import SafeIO
import TensorCore
import TestSupport
import Testing
import Training

/// Ten steps of every form of LoRA against PEFT 0.21.2 (`scripts/reference_forms.py`).
@Suite struct AdapterFormTests {
  static let models = ["llama-untied", "llama-tied"]
  static let forms = [
    "rslora", "dora", "patterns", "layers", "tokens", "everything", "expression", "loraplus",
  ]

  private func losses(_ run: TinyRun, _ form: String) throws -> [Double] {
    let json = try JSON(
      parsing: InputFile.contents(of: "\(run.path)/forms/forms.json", maxBytes: 1 << 20))
    return (json["losses"]?[form]?.array ?? []).compactMap(\.double)
  }

  private func configuration(_ run: TinyRun, _ form: String) -> TrainingConfiguration {
    var configuration = run.configuration()
    (configuration.learningRate, configuration.weightDecay) = (1e-2, 0.01)
    if form == "loraplus" {
      (configuration.learningRate, configuration.loraPlusRatio) = (2e-3, 8)
    }
    return configuration
  }

  private func expect(_ records: [StepRecord], _ expected: [Double], _ what: String) {
    #expect(records.count == 10 && expected.count == 10)
    for (record, loss) in zip(records, expected) {
      #expect(
        abs(record.loss - loss) <= 1e-4 * loss, "\(what) \(record.step): \(record.loss), \(loss)")
    }
  }

  private func expectLogits(_ run: TinyRun, _ form: String, within tolerance: Double) throws {
    let arrays = try SafetensorsFile(path: "\(run.path)/forms/\(form)/reference.safetensors")
    for (index, example) in run.examples.enumerated() {
      expectClose(
        run.model.logits(example.ids).value.scalars, try arrays.readFloats("logits-after.\(index)"),
        within: tolerance, "\(form) \(index)")
    }
  }

  @Test(arguments: models, forms)
  func tenStepsMatchPEFT(_ name: String, _ form: String) throws {
    let run = try TinyRun(name, adapter: "forms/\(form)")

    let records = try run.train(configuration(run, form))

    expect(records, try losses(run, form), "\(name) \(form)")
    try expectLogits(run, form, within: 1e-3)
  }

  @Test(arguments: models)
  func tenStepsOfPiSSAMatchPEFTAndTravelAsPlainLoRA(_ name: String) throws {
    var configuration = LoRAConfiguration(rank: 2, alpha: 4)
    configuration.initialization = .pissa
    let run = try TinyRun(name, new: configuration)
    let base = try ModelBundle(path: run.path).model
    let ids = run.examples[0].ids

    let records = try run.train(self.configuration(run, "pissa"))

    expect(records, try losses(run, "pissa"), "\(name) pissa")
    try expectLogits(run, "pissa", within: 1e-3)
    try withScratch { directory in
      try run.adapter.save(to: directory, baseModelName: nil)
      let saved = try LoRAAdapter(path: directory, attachingTo: base)
      #expect(saved.configuration.rank == 4 && saved.configuration.alpha == 8)
      expectClose(
        base.logits(ids).value.scalars, run.model.logits(ids).value.scalars, within: 1e-5, "saved")
      // Off, the model with the residual is the base again.
      saved.isEnabled = false
      run.adapter.isEnabled = false
      expectClose(
        run.model.logits(ids).value.scalars, base.logits(ids).value.scalars, within: 1e-5, "base")
    }
  }

  @Test func noiseOnEmbeddingsIsOfTrainingOnlyAndOfTheSeed() throws {
    func losses(_ alpha: Double?, seed: UInt64) throws -> [Double] {
      let run = try TinyRun("llama-tied")
      var configuration = run.configuration()
      (configuration.neftuneAlpha, configuration.seed, configuration.steps) = (alpha, seed, 3)
      return try run.train(configuration).map(\.loss)
    }

    let quiet = try losses(nil, seed: 1)
    let noisy = try losses(5, seed: 1)

    #expect(noisy != quiet)
    #expect(try losses(5, seed: 1) == noisy)
    #expect(try losses(5, seed: 2) != noisy)
    #expect(abs(noisy[0] - quiet[0]) < quiet[0] / 2)
  }

  @Test func loraPlusWithMuonIsRefused() throws {
    let run = try TinyRun("llama-tied")
    var configuration = run.configuration()
    (configuration.loraPlusRatio, configuration.optimizer) = (4, .muon)

    let error = #expect(throws: TrainingError.self) { try run.train(configuration) }

    #expect(error?.code == "CFG.RANGE")
  }

  private func withScratch(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }
}
