import ArgumentParser

/// Timings as ratios to a reference timed alternately in the same run.
@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Benchmarks",
    abstract: "Times graft beside references, alternately and in the same run.",
    discussion: """
      Figures are medians. The machine may be shared: quote ratios.

      Examples:
        Benchmarks kernels --only matmul
        Benchmarks training --model checkpoints/smollm2 --batch-size 8 --length 256
      """,
    subcommands: [KernelsBenchmark.self])
}
