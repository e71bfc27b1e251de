import Adapters
import Foundation
import Inference
import ModelFiles
import Models
import SafeIO
import TensorCore

/// A model that answers, with the adapter to answer with where there is one.
struct ServedModel {
  let engine: ServingEngine
  let adapter: AdapterHandle?

  /// A request of these settings.
  func request(_ request: GenerationRequest) -> ServingRequest {
    var serving = ServingRequest(request)
    serving.adapter = adapter
    return serving
  }

  /// Answers a request that can be interrupted.
  ///
  /// - Parameters:
  ///   - request: What to continue.
  ///   - isCancelled: Asked a few times a second; true ends the answer where it is.
  ///   - onText: Called with each piece of text as it becomes certain.
  /// - Returns: The first choice, and what was used.
  /// - Throws: `InferenceError`, and what `onText` throws.
  func answer(
    _ request: ServingRequest, isCancelled: @escaping @Sendable () -> Bool,
    onText: (String) throws -> Void = { _ in }
  ) async throws -> GenerationResult {
    let ticket = try engine.submit(request)
    let watch = Task {
      while !Task.isCancelled {
        if isCancelled() { ticket.cancel() }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    defer { watch.cancel() }
    var answer = ServingAnswer()
    for await event in ticket.events {
      try answer.add(event)
      if case .text(_, let text, _) = event, !text.isEmpty { try onText(text) }
    }
    return GenerationResult(answer)
  }
}

extension ModelOptions {
  /// Loads the model and the adapter, to be served.
  ///
  /// An adapter that does not say what it was trained on is used with a warning on stderr.
  ///
  /// - Parameters:
  ///   - numerics: What was asked for.
  ///   - sequences: The most answers at the same time.
  /// - Returns: The model, ready.
  /// - Throws: What is wrong with the files.
  func serve(_ numerics: NumericsOption, sequences: Int = 64) throws -> ServedModel {
    base.threading.configure()
    let location = try ModelLocation.resolve(base.model)
    Log.debug("model: \(location.path.escapedForMessage(limit: 1000))")
    Log.debug(
      "kernels: \(KernelSelection.name), bf16 \(FrozenMatrix.isSupported ? "native" : "emulated"), "
        + "BLAS: \(blasCoreName), threads: \(ThreadPool.shared.threadCount)")
    let start = ContinuousClock.now
    let merging = try adapterToMerge()
    let engine = try IOFailure.refusingModel {
      let configuration = ServingConfiguration(
        numerics: try numerics.numerics(forModelAt: location.path), maxSequences: sequences,
        maxQueue: 1024)
      guard let merging else {
        return try ServingEngine(modelPath: location.path, configuration: configuration)
      }
      let source = try ModelSource(path: location.path)
      let weights = try AdapterWeights(path: merging, fitting: AdapterSeat(source.configuration))
      let merged = source.replacingWeights(MergedSource(source.tensors, merging: weights))
      return try ServingEngine(
        ServingModel(merged, numerics: configuration.numerics), configuration: configuration)
    }
    Log.debug("model loaded in \(Quantity.duration((ContinuousClock.now - start).seconds))")
    Log.debug("numerics: \(engine.numerics)")
    if let merging {
      let isVerified =
        try forceBase || LoRAAdapter.verifyBase(ofAdapter: merging, is: engine.fingerprint)
      if !isVerified { warnOfBase(merging) }
      return ServedModel(engine: engine, adapter: nil)
    }
    return ServedModel(engine: engine, adapter: try loadAdapter(into: engine))
  }

  /// The adapter, where it has what batches of several adapters cannot share: it is merged as it is loaded.
  private func adapterToMerge() throws -> String? {
    guard let adapter, FileManager.default.fileExists(atPath: adapter) else { return nil }
    let directory = try IOFailure.refusingModel { try PEFTDirectory(path: adapter) }
    return directory.configuration.usesDoRA || !directory.tokenRows.isEmpty ? adapter : nil
  }

  private func warnOfBase(_ adapter: String) {
    Log.warning("\(adapter.escapedForMessage()): base not verified, there is no graft.json")
  }

  private func loadAdapter(into engine: ServingEngine) throws -> AdapterHandle? {
    guard let adapter else { return nil }
    guard FileManager.default.fileExists(atPath: adapter) else {
      throw IOFailure(adapter, .notFound, failureClass: .model)
    }
    let handle = try IOFailure.refusingModel {
      try engine.adapters.load(name: "adapter", path: adapter, verifiesBase: !forceBase)
    }
    if !forceBase && !handle.isBaseVerified {
      warnOfBase(adapter)
    }
    Log.debug(
      "adapter: \(adapter.escapedForMessage(limit: 1000)), \(handle.moduleCount) layers")
    return handle
  }
}

extension AdapterSeat {
  /// The seat that a model of this configuration offers.
  fileprivate init(_ configuration: TransformerConfiguration) {
    let tensors = DecoderLM.expectedTensors(configuration).filter { $0.name.hasSuffix(".weight") }
      .map { (path: String($0.name.dropLast(".weight".count)), shape: $0.shape) }
    self.init(
      projections: tensors.filter { $0.path.hasSuffix("_proj") }.map {
        Projection(path: $0.path, inputSize: $0.shape[1], outputSize: $0.shape[0])
      },
      tables: tensors.filter { ["model.embed_tokens", "lm_head"].contains($0.path) }.map {
        ($0.path, Shape($0.shape))
      })
  }
}
