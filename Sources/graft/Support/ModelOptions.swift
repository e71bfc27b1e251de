import Adapters
import ArgumentParser
import Foundation
import Models
import SafeIO

/// A model, and the adapter to use it with.
struct ModelOptions: ParsableArguments {
  @OptionGroup var base: BaseOptions

  @Option(help: "A PEFT directory, such as RUN/adapter.", completion: .directory)
  var adapter: String?

  @Flag(help: "Use the adapter also where graft.json says that it was trained on another base.")
  var forceBase = false

  func validate() throws {
    if forceBase && adapter == nil {
      throw ValidationError("--force-base needs --adapter.")
    }
  }

  /// Loads the model and puts the adapter around its projections.
  ///
  /// An adapter that does not say what it was trained on is used with a warning on stderr.
  func load() throws -> LoadedModel {
    let bundle = try base.load()
    guard let adapter else { return LoadedModel(bundle: bundle, adapter: nil) }
    return LoadedModel(
      bundle: bundle,
      adapter: try LoadedModel.attach(adapter, to: bundle, verifyingBase: !forceBase))
  }
}

extension ModelOptions {
  /// Checks that the adapter belongs to a model, where it is attached later.
  func verifyBase(of bundle: ModelBundle) throws {
    guard let adapter else { return }
    try LoadedModel.requireBase(of: adapter, is: bundle, verifyingBase: !forceBase)
  }
}

/// A model that is ready to compute, with its adapter where there is one.
struct LoadedModel {
  let bundle: ModelBundle
  let adapter: LoRAAdapter?

  /// Checks that the adapter belongs to the model, and attaches it.
  ///
  /// - Throws: `AdapterError.otherBase` when `graft.json` names other weights, another tokenizer or
  ///   template; what loading the adapter throws.
  static func attach(_ path: String, to bundle: ModelBundle, verifyingBase: Bool) throws
    -> LoRAAdapter
  {
    try requireBase(of: path, is: bundle, verifyingBase: verifyingBase)
    let adapter = try IOFailure.refusingModel {
      try LoRAAdapter(path: path, attachingTo: bundle.model)
    }
    Log.debug(
      "adapter: \(path.escapedForMessage(limit: 1000)), rank \(adapter.configuration.rank), "
        + "\(adapter.layers.count) layers")
    return adapter
  }

  /// Throws unless there is an adapter that was, as far as it says, trained on the model.
  fileprivate static func requireBase(
    of path: String, is bundle: ModelBundle, verifyingBase: Bool
  ) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw IOFailure(path, .notFound, failureClass: .model)
    }
    if verifyingBase, try !LoRAAdapter.verifyBase(ofAdapter: path, is: bundle.fingerprint()) {
      let name = path.escapedForMessage()
      Log.warning("\(name): base not verified, there is no graft.json")
    }
  }
}
