import Foundation
import Inference
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
    let engine = try IOFailure.refusingModel {
      try ServingEngine(
        modelPath: location.path,
        configuration: ServingConfiguration(
          numerics: try numerics.numerics(forModelAt: location.path), maxSequences: sequences,
          maxQueue: 1024))
    }
    Log.debug("model loaded in \(Quantity.duration((ContinuousClock.now - start).seconds))")
    Log.debug("numerics: \(engine.numerics)")
    return ServedModel(engine: engine, adapter: try loadAdapter(into: engine))
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
      Log.warning("\(adapter.escapedForMessage()): base not verified, there is no graft.json")
    }
    Log.debug(
      "adapter: \(adapter.escapedForMessage(limit: 1000)), \(handle.moduleCount) layers")
    return handle
  }
}
