import Adapters
import Foundation
import ModelFiles
import Models
import SafeIO
import Training

/// What a run makes, and how it is saved.
protocol TrainingProduct {
  /// `adapter` or `model`: the directory under the run, and the key in what is reported.
  var name: String { get }

  /// Writes it whole: the finished one, the best one so far, or that of a step.
  func save(in directory: RunDirectory, _ summary: TrainingSummary, to place: RunDirectory.Place)
    throws

  /// Where the finished one is.
  func path(in directory: RunDirectory) -> String

  /// The file whose hash says that two runs came to the same.
  func weightsFile(in directory: RunDirectory) -> String
}

/// A PEFT directory that knows its base and the rows it learnt from.
struct AdapterProduct: TrainingProduct {
  let adapter: LoRAAdapter
  let fingerprint: ModelFingerprint
  let modelPath: String
  /// What `graft.json` says of the data.
  let notes: JSONObject
  /// What its README says.
  let card: AdapterCard

  var name: String { "adapter" }

  func save(in directory: RunDirectory, _ summary: TrainingSummary, to place: RunDirectory.Place)
    throws
  {
    var notes = notes
    notes["steps"] = JSON(summary.completed)
    let manifest = AdapterManifest(
      baseWeights: fingerprint.weights, tokenizer: fingerprint.tokenizer,
      chatTemplate: fingerprint.chatTemplate, notes: notes)
    try directory.save(
      adapter, manifest: manifest, baseModelName: modelPath, card: card.card(adapter, summary),
      to: place)
  }

  func path(in directory: RunDirectory) -> String { directory.adapterPath }

  func weightsFile(in directory: RunDirectory) -> String {
    "\(directory.adapterPath)/adapter_model.safetensors"
  }
}

/// A Hugging Face directory with all weights.
struct ModelProduct: TrainingProduct {
  let bundle: ModelBundle
  /// What weights are stored in.
  var precision = Precision.f32

  var name: String { "model" }

  func save(in directory: RunDirectory, _ summary: TrainingSummary, to place: RunDirectory.Place)
    throws
  {
    try directory.save(bundle, precision: precision, to: place)
  }

  func path(in directory: RunDirectory) -> String { directory.modelPath }

  func weightsFile(in directory: RunDirectory) -> String {
    "\(directory.modelPath)/model.safetensors"
  }
}
