import ArgumentParser
import Models
import TensorCore

/// The model that a command works on, and how many threads do the work.
struct BaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A Hugging Face directory, a .gguf file, or a name under checkpoints/.", valueName: "model"))
  var model: String

  @Option(help: "Threads to compute on, 1 to 256 (default: one per processor).")
  var threads: Int?

  func validate() throws {
    guard let threads else { return }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be from 1 to 256, got \(threads).")
    }
  }

  /// Sets up the threads; the first thing that a command does.
  func configureThreads() {
    if let threads { ThreadPool.configure(threads: threads) }
  }

  /// Finds and loads the model, on the threads that were asked for.
  func load() throws -> ModelBundle {
    configureThreads()
    return try ModelBundle(path: ModelLocation.resolve(model).path)
  }
}
