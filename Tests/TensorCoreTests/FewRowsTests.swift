import TensorCore
import TestSupport
import Testing

@Suite struct FewRowsTests {
  /// Decoding multiplies one to a few rows; every count around the change of method.
  @Test(arguments: 1...5)
  func aFewRowsGiveTheSameProductAsMany(_ m: Int) {
    for (n, k) in [(700, 64), (33, 100), (16, 17), (1, 1), (5, 0)] {
      let a = RandomTensor.normal([m, k], seed: 1) as Tensor<Double>
      let w = RandomTensor.normal([n, k], seed: 2) as Tensor<Double>
      let start = RandomTensor.normal([m, n], seed: 3) as Tensor<Double>
      let (x, y, z) = (a.scalars, w.scalars, start.scalars)
      var expected = [Double](repeating: 0, count: m * n)
      for i in 0..<m {
        for j in 0..<n { for l in 0..<k { expected[i * n + j] += x[i * k + l] * y[j * k + l] } }
      }
      var sum = start

      let product = a.matmul(w, transposingOther: true, factor: 2)
      sum.addProduct(a, w, transposingB: true, factor: 0.5)

      expectClose(product.scalars, expected.map { 2 * $0 }, within: 1e-12, "\(m) \(n) \(k)")
      expectClose(
        sum.scalars, zip(z, expected).map { $0 + 0.5 * $1 }, within: 1e-12, "sum \(m) \(n) \(k)")
    }
  }
}
