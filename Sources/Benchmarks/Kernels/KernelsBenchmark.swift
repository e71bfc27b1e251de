import ArgumentParser
import SafeIO

/// Kernels beside what the machine can do at most.
struct KernelsBenchmark: ParsableCommand {
  enum Family: String, CaseIterable, ExpressibleByArgument {
    case matmul, bf16, attention, loops
  }

  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Each kernel beside its limit: raw BLAS, multiply-adds in registers, memory copy.",
    discussion: """
      Extents are those of SmolLM2-135M with 8 × 256 tokens. A ratio is the fraction of the limit
      that the kernel reaches. OPENBLAS_CORETYPE in the environment decides what OpenBLAS can do.

      Examples:
        Benchmarks kernels
        Benchmarks kernels --only loops --json loops.json
      """)

  @OptionGroup var options: ReportOptions

  @Option(parsing: .upToNextOption, help: "Only these: matmul, bf16, attention, loops.")
  var only: [Family] = Family.allCases

  func run() throws {
    options.start()
    var figures: [Figure] = []
    for family in Family.allCases where only.contains(family) {
      switch family {
      case .matmul: figures += MatMulFigures.measure(rounds: options.rounds)
      case .bf16: figures += FrozenMatMulFigures.measure(rounds: options.rounds)
      case .attention: figures += AttentionFigures.measure(rounds: options.rounds)
      case .loops: figures += LoopFigures.measure(rounds: options.rounds)
      }
    }
    try options.report("kernels", figures)
  }
}
