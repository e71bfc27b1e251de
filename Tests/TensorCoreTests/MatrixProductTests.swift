import TensorCore
import TestSupport
import Testing

/// One product with padded rows, and what it must be.
private struct Product {
  let transposesA: Bool
  let transposesB: Bool
  let (m, n, k): (Int, Int, Int)
  var alpha: Float = 1
  var beta: Float = 0

  /// Row strides: odd, and larger than the rows.
  var lda: Int { (transposesA ? m : k) + 3 }
  var ldb: Int { (transposesB ? k : n) + 1 }
  var ldc: Int { n + 5 }

  private static let numbers = (RandomTensor.normal([10_007], seed: 1) as Tensor<Float>).scalars

  private func matrix(_ count: Int, _ shift: Int) -> [Float] {
    (shift..<shift + count).map { Self.numbers[$0 % Self.numbers.count] }
  }
  var a: [Float] { matrix((transposesA ? k : m) * lda, 1) }
  var b: [Float] { matrix((transposesB ? n : k) * ldb, 2) }
  /// What stands in C before: not a number where it must not be read.
  var c: [Float] {
    beta == 0 ? [Float](repeating: .nan, count: m * ldc) : matrix(m * ldc, 3)
  }

  /// C after `run` multiplied with these operands.
  func result<Scalar>(
    _ a: [Scalar], _ b: [Scalar], _ c: [Scalar], alpha: Float, _ run: (GEMMCall<Scalar>) -> Void
  ) -> [Scalar] {
    var c = c
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          run(
            GEMMCall(
              transposesA: transposesA, transposesB: transposesB, m: m, n: n, k: k,
              alpha: Scalar(alpha), a: a, lda: lda, b: b, ldb: ldb, beta: Scalar(beta), c: c,
              ldc: ldc))
        }
      }
    }
    return c
  }

  func result(_ run: (GEMMCall<Float>) -> Void) -> [Float] { result(a, b, c, alpha: alpha, run) }

  /// Checks a result against the product in f64, within eight roundings of the sum of magnitudes; what
  /// lies between the rows of C must be untouched.
  func expectCorrect(
    _ found: [Float], _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let before = c
    let start = before.map { beta == 0 ? 0 : Double($0) }
    let (a, b) = (a.map(Double.init), b.map(Double.init))
    let exact = result(a, b, start, alpha: alpha, Double.gemm)
    let size = result(
      a.map(abs), b.map(abs), start.map(abs), alpha: abs(alpha), Double.gemm)
    for row in 0..<m {
      for column in 0..<ldc {
        let at = row * ldc + column
        let isGood =
          column < n
          ? abs(Double(found[at]) - exact[at]) <= 8 * Double(Float.ulpOfOne) * size[at]
          : found[at].bitPattern == before[at].bitPattern
        if !isGood {
          Issue.record(
            "\(comment) \(self) at [\(row), \(column)]: \(found[at]), expected \(exact[at])",
            sourceLocation: sourceLocation)
          return
        }
      }
    }
  }
}

private let transpositions = [(false, false), (false, true), (true, false), (true, true)]

@Suite struct MatrixProductTests {
  // Every tail of a tile, 14 by 32, and of a vector, 16.
  @Test(arguments: transpositions)
  func everySmallExtentAgreesWithDoublePrecision(_ transposes: (Bool, Bool)) {
    let depths = [1, 7, 16, 33, 64, 385]
    let factors: [(Float, Float)] = [(1, 0), (1.5, 1), (1, 1), (-0.5, 0.25)]
    for m in 1...40 {
      for n in 1...40 {
        let (alpha, beta) = factors[(m + 3 * n) % factors.count]
        let product = Product(
          transposesA: transposes.0, transposesB: transposes.1, m: m, n: n,
          k: depths[(m + n) % depths.count], alpha: alpha, beta: beta)

        product.expectCorrect(product.result(Float.gemm))
      }
    }
  }

  // Extents beyond each block: depth 384, 256 rows, panels of 2,048 columns or 4 MB, 2,048 turned columns.
  @Test(arguments: transpositions)
  func blocksMeet(_ transposes: (Bool, Bool)) {
    let extents = [
      (2, 5, 0), (70, 200, 800), (300, 129, 385), (513, 33, 20), (2100, 9, 70), (130, 16, 800),
      (33, 3, 500), (9, 260, 1025), (300, 2100, 10), (260, 140, 7700), (40, 40, 1021),
    ]
    for (index, (m, n, k)) in extents.enumerated() {
      let product = Product(
        transposesA: transposes.0, transposesB: transposes.1, m: m, n: n, k: k,
        beta: index.isMultiple(of: 2) ? 0 : 1)

      product.expectCorrect(product.result(Float.gemm), "one thread")
      product.expectCorrect(product.result { $0.runTiled() }, "tiled")
    }
  }

  @Test(arguments: transpositions)
  func threadsDoNotChangeBits(_ transposes: (Bool, Bool)) {
    let pools = [1, 2, 4].map(ThreadPool.init)
    for (m, n, k) in [(300, 400, 500), (64, 1000, 96), (1000, 16, 200), (5, 3000, 64)] {
      let product = Product(
        transposesA: transposes.0, transposesB: transposes.1, m: m, n: n, k: k, beta: 1)

      let results = pools.map { pool in product.result { $0.runTiled(on: pool) } }

      #expect(results[0] == results[1] && results[0] == results[2], "\(product)")
    }
  }

  @Test func rowsDoNotDependOnHowManyThereAre() {
    let whole = Product(transposesA: false, transposesB: true, m: 200, n: 70, k: 500)
    let part = Product(transposesA: false, transposesB: true, m: 33, n: 70, k: 500)

    let rows = whole.result(Float.gemm).prefix(32 * whole.ldc)

    let found = part.result(Float.gemm).prefix(32 * whole.ldc)
    for row in 0..<32 {
      let range = row * whole.ldc..<row * whole.ldc + 70
      if KernelSelection.name == "avx512" { #expect(rows[range] == found[range], "row \(row)") }
    }
  }
}
