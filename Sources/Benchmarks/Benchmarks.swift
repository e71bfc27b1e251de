import ArgumentParser

/// Timings as ratios to a reference timed alternately in the same run.
@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Benchmarks",
    abstract: "Times graft beside references, alternately and in the same run.",
    discussion: """
      Figures are medians over rounds; a ratio is the median of the ratios of the rounds, above 1
      where graft is better. The machine may be shared: quote ratios. Tables are Markdown, and
      --json FILE has every sample. scripts/benchmark.sh runs all of them.

      Examples:
        Benchmarks kernels
        Benchmarks training --model checkpoints/smollm2 --peer-python .venv/bin/python
      """,
    subcommands: [
      KernelsBenchmark.self, TrainingBenchmark.self, DecodeBenchmark.self,
      ServingBenchmark.self, PerplexityBenchmark.self,
      TokenizingBenchmark.self, TokenizerTrainingBenchmark.self, StartupBenchmark.self,
      ConstraintsBenchmark.self, ConstraintWalk.self,
      AdaptersMixBenchmark.self, LongPromptBenchmark.self,
    ])
}
