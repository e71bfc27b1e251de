import ArgumentParser
import Models
import SafeIO
import TensorCore

/// The model that a command works on, and how many threads do the work.
struct BaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A Hugging Face directory, a .gguf file, or a name under ./checkpoints or $GRAFT_HOME.",
      valueName: "model"), completion: .file())
  var model: String

  @OptionGroup var threading: ThreadOptions

  /// Finds and loads the model, on the threads that were asked for.
  func load() throws -> ModelBundle {
    threading.configure()
    return try Self.load(model)
  }

  /// Finds and loads what `--model` names.
  static func load(_ model: String) throws -> ModelBundle {
    let location = try ModelLocation.resolve(model)
    Log.debug("model: \(location.path.escapedForMessage(limit: 1000))")
    Log.debug(
      "kernels: \(KernelSelection.name), bf16 \(FrozenMatrix.isSupported ? "native" : "emulated"), "
        + "BLAS: \(blasCoreName), threads: \(ThreadPool.shared.threadCount)")
    let start = ContinuousClock.now
    let bundle = try IOFailure.refusingModel { try ModelBundle(path: location.path) }
    Log.debug("model loaded in \(Quantity.duration((ContinuousClock.now - start).seconds))")
    return bundle
  }
}
