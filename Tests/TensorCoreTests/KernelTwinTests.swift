import Foundation
import TensorCore
import TestSupport
import Testing

/// Every instruction set against the portable kernels, over all tails and misaligned starts.
@Suite struct KernelTwinTests {
  typealias Table = KernelTable<Float>

  private func compare(
    _ name: String, lengths: ClosedRange<Int> = 0...67, tolerance: Double = Tolerance.kernel,
    _ run: (Table, Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) ->
      Void
  ) {
    let tables = KernelSelection.available
    let portable = tables[0].table
    for length in lengths {
      for shift in [0, 1] {
        let a = RandomTensor.normal([2, 160], seed: UInt64(length)) as Tensor<Float>
        let b = RandomTensor.uniform([2, 160], 0.5, 2, seed: 99) as Tensor<Float>
        func result(_ table: Table) -> [Float] {
          var out = RandomTensor.normal([4, 160], seed: 5) as Tensor<Float>
          out.withUnsafeMutablePointer { out in
            a.withUnsafePointer { a in
              b.withUnsafePointer { run(table, length, a + shift, $0 + shift, out + shift) }
            }
          }
          return out.scalars
        }
        let expected = result(portable)
        for (isa, table) in tables.dropFirst() {
          expectClose(result(table), expected, within: tolerance, "\(name) \(isa) \(length)")
        }
      }
    }
  }

  @Test func elementwise() {
    compare("add") { $0.add($2, $3, $4, $1) }
    compare("subtract") { $0.subtract($2, $3, $4, $1) }
    compare("multiply") { $0.multiply($2, $3, $4, $1) }
    compare("divide") { $0.divide($2, $3, $4, $1) }
    compare("scale") { $0.scale(1.7, $2, $4, $1) }
    compare("axpy") { $0.axpy(1.7, $2, $4, $1) }
    compare("exp") { $0.exp($2, $4, $1) }
    compare("log") { $0.log($3, $4, $1) }
    compare("sqrt") { $0.sqrt($3, $4, $1) }
    compare("sigmoid") { $0.sigmoid($2, $4, $1) }
    compare("dropout") { $0.dropout($2, $4, $1, 3, 1000, 0.7) }
  }

  @Test func reductions() {
    compare("sum") { $4[0] = $0.sum($2, $1) }
    compare("dot") { $4[0] = $0.dot($2, $3, $1) }
    compare("max", lengths: 1...67) { $4[0] = $0.max($2, $1) }
    compare("logSumExp", lengths: 1...67) { $4[0] = $0.logSumExp($2, $1) }
    compare("rowSum") { $0.rowSum($2, $4, 2, $1) }
    compare("columnSum") { $0.columnSum($2, $4, 2, $1) }
    compare("gemv") { $0.gemv($2, 80, $3, $4, 2, $1) }
  }

  @Test func rows() {
    compare("addRow") { $0.addRow($2, $3, $4, 2, $1) }
    compare("multiplyRow") { $0.multiplyRow($2, $3, $4, 2, $1) }
    compare("multiplyColumn") { $0.multiplyColumn($2, $3, $4, 2, $1) }
    compare("softmax", lengths: 1...67) { $0.softmax($2, $4, 2, $1) }
    compare("softmaxBackward") { $0.softmaxBackward($2, $3, $4, 2, $1) }
    compare("crossEntropyBackward", lengths: 1...67) {
      $4.update(from: $2, count: $1)
      $0.crossEntropyBackward($4, $1, 3, $1 - 1, 0.5)
    }
    compare("rmsNorm", lengths: 1...67) { $0.rmsNorm($2, $3, $4 + 16, $4, 2, $1, 1e-5) }
    for accumulate in [0, 1] as [Int32] {
      compare("rmsNormBackward", lengths: 1...67) {
        $0.rmsNormBackward($2, $3, $3 + 70, $2 + 7, $4, 2, $1, accumulate)
      }
    }
    compare("rmsNormWeight") { $0.rmsNormWeight($2, $3, $2 + 7, $4, 2, $1) }
    compare("adamw") {
      let v = $4 + 320
      v.update(from: $3, count: $1)
      $0.adamw($4, $2, $4 + 160, v, $1, 0.1, 0.9, 0.99, 1e-8, 0.1, 0.5, 0.3, 0.7)
    }
  }

  @Test func layers() {
    compare("swiglu") { $0.swiglu($2, $3, 80, $4, 70, 2, $1) }
    compare("swigluBackward") {
      $0.swigluBackward($2, $3, 80, $2 + 3, 80, $4, $4 + 320, 70, 2, $1)
    }
    compare("rope", lengths: 0...20) {
      $0.rope($2, 80, $3, $3 + 60, $4, 80, 2, 2, 2 * $1, 1)
      $0.rope($4, 80, $3, $3 + 60, $4, 80, 2, 2, 2 * $1, -1)
    }
  }

  @Test func attention() {
    for length in 1...67 {
      let low: [Int32] = [0, Int32(length / 2)]
      let high: [Int32] = [Int32((length + 1) / 2), Int32(length)]
      compare("attentionSoftmax", lengths: length...length) { table, n, x, _, out in
        out.update(from: x, count: 2 * 70)
        let m = out + 200
        let l = out + 210
        m[0] = -.infinity
        m[1] = 0.1
        l[0] = 0
        l[1] = 1
        table.attentionSoftmax(out, 70, 2, n, low, high, 0.3, m, l, out + 220, 40, 33)
      }
      compare("attentionProbabilities", lengths: length...length) { table, n, x, lse, out in
        out.update(from: x, count: 2 * 70)
        table.attentionProbabilities(out, 70, 2, n, low, high, 0.3, lse)
      }
    }
    compare("attentionScoresBackward") { $0.attentionScoresBackward($2, $4, 70, 2, $1, 0.3, $3) }
  }

  // Double's libm is within one unit in the last place of f64: exact for this purpose.
  @Test func exponentialIsAccurateOverItsWholeRange() {
    let x = (0..<20_000).map { Float($0) * 0.009 - 95 }
    for (isa, table) in KernelSelection.available {
      var y = [Float](repeating: 0, count: x.count)
      table.exp(x, &y, x.count)
      for index in x.indices {
        let expected = Double(x[index]).exponential
        if x[index] < -87.34 {
          #expect(y[index] == 0, "\(isa): exp(\(x[index])) is \(y[index])")
        } else if x[index] < 88 {
          #expect(
            abs(Double(y[index]) - expected) <= 2e-7 * expected,
            "\(isa): exp(\(x[index])) is \(y[index]), expected \(expected)")
        }
      }
    }
  }

  @Test func notANumberAndInfinityPassThroughTheExponential() {
    let x: [Float] = [.nan, -.infinity, 0]
    for (isa, table) in KernelSelection.available {
      var y = [Float](repeating: 9, count: 3)
      table.exp(x, &y, 3)
      #expect(y[0].isNaN && y[1] == 0 && y[2] == 1, "\(isa): \(y)")
    }
  }
}

extension Double {
  fileprivate var exponential: Double { exp(self) }
}
