import ArgumentParser
import COpenBLAS
import Foundation
import TensorCore

/// Matrix products of a training step on all threads, beside OpenBLAS on as many.
struct GEMMBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm",
    abstract: "Matrix products of SmolLM2's layers against cblas_sgemm on as many threads.")

  @Option(help: "Counted runs of each.")
  var runs = 9

  /// Rows, columns and inner extent of `x · wᵀ`, as the layers of SmolLM2 have them.
  private static let shapes = [
    (2048, 576, 576), (2048, 192, 576), (2048, 1536, 576), (2048, 576, 1536), (2048, 16, 576),
    (2048, 576, 16), (256, 49_152, 576), (32, 1536, 576), (8, 1536, 576), (1, 1536, 576),
  ]

  func validate() throws {
    guard (1...1000).contains(runs) else {
      throw ValidationError("--runs must be from 1 to 1000, got \(runs).")
    }
  }

  func run() {
    let threads = ThreadPool.shared.threadCount
    print("x·wᵀ in f32, \(threads) threads, kernels \(KernelSelection.name), BLAS \(blasCoreName)")
    print("     m      n      k   GFLOP/s    BLAS   ratio")
    for (m, n, k) in Self.shapes {
      let x = Tensor<Float>(repeating: 0.5, shape: [m, k])
      let w = Tensor<Float>(repeating: 0.25, shape: [n, k])
      var result = [Float](repeating: 0, count: m * n)
      let repeats = max(1, 50_000_000 / (m * n * k))
      let (ours, blas) = Timing.alternately(runs) {
        for _ in 0..<repeats { _ = x.matmul(w, transposingOther: true) }
      } _: {
        openblas_set_num_threads(Int32(threads))
        x.withUnsafePointer { x in
          w.withUnsafePointer { w in
            for _ in 0..<repeats {
              cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, Int32(m), Int32(n), Int32(k), 1, x,
                Int32(k), w, Int32(k), 0, &result, Int32(n))
            }
          }
        }
        openblas_set_num_threads(1)
      }
      let work = 2e-9 * Double(m) * Double(n) * Double(k) * Double(repeats)
      let row = String(
        format: "%6d %6d %6d %9.0f %7.0f %7.2f", m, n, k, work / ours.median, work / blas.median,
        blas.median / ours.median)
      print(row)
    }
  }
}
