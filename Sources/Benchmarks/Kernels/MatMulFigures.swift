import COpenBLAS
import TensorCore

/// f32 matrix products of a training step on all threads.
///
/// Beside them: `cblas_sgemm` on one thread, times the threads (what a perfect division of the work would
/// give), OpenBLAS's own threads, and multiply-adds in registers.
enum MatMulFigures {
  /// How the operands of a layer with weight `[n, k]` meet.
  private enum Pass: String {
    /// `x · wᵀ`
    case forward
    /// `dy · w`
    case input
    /// `dyᵀ · x`, of full fine-tuning.
    case weight
  }

  /// Pass, rows, outputs and inputs of a layer.
  private static let products: [(Pass, Int, Int, Int)] = [
    (.forward, 2048, 576, 576), (.forward, 2048, 192, 576), (.forward, 2048, 1536, 576),
    (.forward, 2048, 576, 1536), (.forward, 256, 49_152, 576), (.forward, 2048, 16, 576),
    (.forward, 2048, 576, 16), (.input, 2048, 576, 576), (.input, 2048, 1536, 576),
    (.input, 2048, 576, 1536), (.input, 256, 49_152, 576), (.weight, 2048, 576, 576),
    (.weight, 2048, 1536, 576), (.weight, 256, 49_152, 576), (.weight, 2048, 16, 576),
    (.forward, 32, 1536, 576), (.forward, 8, 1536, 576), (.forward, 1, 1536, 576),
    (.forward, 1, 49_152, 576),
  ]

  static func measure(rounds: Int) -> [Figure] {
    products.map { figure($0, rows: $1, outputs: $2, inputs: $3, rounds: rounds) }
  }

  private static func figure(
    _ pass: Pass, rows: Int, outputs: Int, inputs: Int, rounds: Int
  ) -> Figure {
    let (m, n, k) =
      switch pass {
      case .forward: (rows, outputs, inputs)
      case .input: (rows, inputs, outputs)
      case .weight: (outputs, inputs, rows)
      }
    let (transposesA, transposesB) = (pass == .weight, pass == .forward)
    let (a, b, c) = (Buffer(m * k), Buffer(n * k), Buffer(m * n))
    let call = GEMMCall(
      transposesA: transposesA, transposesB: transposesB, m: m, n: n, k: k, a: a.pointer,
      lda: transposesA ? m : k, b: b.pointer, ldb: transposesB ? k : n, c: c.pointer, ldc: n)
    let threads = ThreadPool.shared.threadCount
    let seconds = Alternation.seconds(
      rounds: rounds,
      [
        { call.runTiled() },
        { call.runOnBLAS() },
        {
          openblas_set_num_threads(Int32(threads))
          call.runOnBLAS()
          openblas_set_num_threads(1)
        },
        { Limits.multiplyAdd() },
      ])
    let work = 2e-9 * Double(m) * Double(n) * Double(k)
    var figure = Figure(
      "\(pass.rawValue) \(rows) × \(outputs) × \(inputs)", "GFLOP/s", work: work,
      seconds: seconds[0],
      references: [
        ("sgemm, 1 thread × \(threads)", work * Double(threads), seconds[1]),
        ("sgemm, \(threads) threads", work, seconds[2]),
      ])
    if Limits.multiplyAddWork > 0 {
      let peak = seconds[3].map { 1e-9 * Limits.multiplyAddWork / $0 }
      figure.references.append(.init(name: "multiply-adds", values: peak))
    }
    return figure
  }
}
