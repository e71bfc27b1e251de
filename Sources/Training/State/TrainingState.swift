import ModelFiles
package import SafeIO
import TensorCore

/// A directory from which a run goes on with the same bits: `state.safetensors` with the trained weights and
/// the optimizer's tensors, `state.json` with the rest, and a manifest that proves both.
package struct TrainingState {
  /// What is in `state.json` under this number.
  private static let format = 1
  private static let optimizerPrefix = "optimizer."
  private static let maxBytes = 16 << 20

  package var snapshot: TrainerSnapshot
  /// What must be the same for the run to go on.
  package var identity: JSONObject
  /// What the command counted so far.
  package var progress: JSONObject

  package init(snapshot: TrainerSnapshot, identity: JSONObject, progress: JSONObject) {
    (self.snapshot, self.identity, self.progress) = (snapshot, identity, progress)
  }

  /// Writes the directory, whole or not at all.
  ///
  /// - Throws: `IOFailure`.
  package func save(to path: String) throws {
    try AtomicDirectory.write(to: path) { temporary in
      try writeTensors(to: "\(temporary)/state.safetensors")
      let text = JSON(json).serialized(pretty: true) + "\n"
      try AtomicFile.write(Array(text.utf8), to: "\(temporary)/state.json")
      try FileManifest.write(to: temporary)
    }
  }

  private func writeTensors(to path: String) throws {
    let averages = snapshot.optimizer.enumerated().map { ("\(Self.optimizerPrefix)\($0)", $1) }
    let tensors = snapshot.weights.map { ($0.name, $0.value) } + averages
    let entries = tensors.map {
      SafetensorsWriter.Entry(name: $0.0, shape: $0.1.shape.extents, type: .f32)
    }
    try SafetensorsWriter.write(entries, to: path) { index, sink in
      let tensor = tensors[index].1
      try tensor.withUnsafePointer {
        try sink.write(UnsafeRawBufferPointer(start: $0, count: 4 * tensor.count))
      }
    }
  }

  private var json: JSONObject {
    var object = JSONObject()
    object["format"] = JSON(Self.format)
    object["step"] = JSON(snapshot.step)
    object["seen_rows"] = JSON(snapshot.seenRows)
    object["weights"] = JSON(snapshot.weights.count)
    object["optimizer"] = JSON(snapshot.optimizer.count)
    object["pending"] = snapshot.pending.map { JSON($0.json) } ?? .null
    object["recent_losses"] = JSON(snapshot.recentLosses.map { JSON($0) })
    object["identity"] = JSON(identity)
    object["progress"] = JSON(progress)
    return object
  }
}

extension TrainingState {
  /// Reads a directory, every byte of which is checked first.
  ///
  /// - Throws: `FileManifest.Damage` when it is not as it was written; `TrainingError.stateOfAnother`
  ///   when it was written by another version.
  package init(path: String) throws {
    try FileManifest.verify(path)
    let file = "\(path)/state.json"
    let json = try JSON(parsing: InputFile.contents(of: file, maxBytes: Self.maxBytes))
    guard json["format"]?.int == Self.format, let step = json["step"]?.int,
      let seenRows = json["seen_rows"]?.int, let weightCount = json["weights"]?.int,
      let optimizerCount = json["optimizer"]?.int, let identity = json["identity"]?.object,
      let progress = json["progress"]?.object
    else { throw TrainingError.stateOfAnother(reason: "another format of \(file)") }
    let source = try SafetensorsFile(path: "\(path)/state.safetensors")
    guard weightCount >= 0, optimizerCount >= 0,
      weightCount + optimizerCount == source.tensors.count
    else { throw TrainingError.stateOfAnother(reason: "another number of tensors in \(path)") }
    func tensor(_ name: String) throws -> Tensor<Float> {
      let stored = try source.required(name)
      return try Tensor(shape: Shape(stored.shape)) {
        try source.readFloats(
          name, into: UnsafeMutableBufferPointer(start: $0, count: stored.elementCount))
      }
    }
    snapshot = TrainerSnapshot(
      step: step, seenRows: seenRows, pending: json["pending"].flatMap(StepRecord.init(json:)),
      recentLosses: (json["recent_losses"]?.array ?? []).compactMap(\.double),
      weights: try source.tensors.prefix(weightCount).map { ($0.name, try tensor($0.name)) },
      optimizer: try (0..<optimizerCount).map { try tensor("\(Self.optimizerPrefix)\($0)") })
    (self.identity, self.progress) = (identity, progress)
  }
}
