public import ModelFiles
public import NN
import SafeIO

extension LoRAAdapter {
  /// Loads an adapter around the model that it was trained on, and refuses another's.
  ///
  /// A directory without `graft.json`, such as PEFT writes, does not say what it was trained on and is
  /// loaded as it is.
  ///
  /// - Parameters:
  ///   - path: A PEFT directory.
  ///   - model: Left as it was if anything is thrown.
  ///   - base: What the adapter must have been trained on; made only when there is a `graft.json`.
  /// - Throws: `AdapterError.otherBase` when `graft.json` names other weights, another tokenizer or
  ///   template; what `init(path:attachingTo:)` throws.
  public convenience init(
    path: String, attachingTo model: any AdaptableModel,
    verifying base: @autoclosure () throws -> ModelFingerprint
  ) throws {
    _ = try Self.verifyBase(ofAdapter: path, is: base())
    try self.init(path: path, attachingTo: model)
  }

  /// Throws if `graft.json` says that an adapter was trained on another base.
  ///
  /// - Returns: False where there is no `graft.json` to tell.
  /// - Throws: `AdapterError.otherBase`, and what reading the file throws.
  package static func verifyBase(
    ofAdapter path: String, is base: @autoclosure () throws -> ModelFingerprint
  ) throws -> Bool {
    guard let manifest = try AdapterManifest(directory: path) else { return false }
    let base = try base()
    try manifest.check(
      path: path, weights: base.weights, tokenizer: base.tokenizer,
      chatTemplate: base.chatTemplate)
    return true
  }

  /// Writes a directory that PEFT loads, with `graft.json` beside, whole or not at all.
  ///
  /// - Parameters:
  ///   - path: The directory; an adapter that is there already is replaced.
  ///   - base: What the adapter was trained on.
  ///   - baseModelName: What `base_model_name_or_path` says.
  /// - Throws: What writing throws; then nothing has changed at `path`.
  public func save(
    to path: String, trainedOn base: ModelFingerprint, baseModelName: String? = nil
  ) throws {
    try save(
      to: path, baseModelName: baseModelName,
      manifest: AdapterManifest(
        baseWeights: base.weights, tokenizer: base.tokenizer, chatTemplate: base.chatTemplate))
  }

  /// Writes the files of an adapter directory, whole or not at all.
  package func save(
    to path: String, baseModelName: String?, manifest: AdapterManifest, card: ModelCard? = nil
  ) throws {
    try AtomicDirectory.write(to: path) { temporary in
      try save(to: temporary, baseModelName: baseModelName)
      try manifest.save(to: temporary)
      try card?.write(to: temporary)
    }
  }
}
