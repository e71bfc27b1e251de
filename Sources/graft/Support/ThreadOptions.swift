import ArgumentParser
import TensorCore

/// How many threads compute.
struct ThreadOptions: ParsableArguments {
  @Option(help: "Threads to compute on, 1 to 256 (default: one per processor).")
  var threads: Int?

  func validate() throws {
    try FlagRule.check("threads", threads, "from 1 to 256", (1...256).contains)
  }

  /// Sets up the threads; the first thing that a command does.
  func configure() {
    if let threads { ThreadPool.configure(threads: threads) }
  }
}
