import Adapters
import Foundation
import TensorCore
import TestSupport
import Testing

@Suite struct TruncatedSVDTests {
  // numpy 2.4.6:
  // m = np.array([[np.sin(1+i*j)+0.1*((i*7+j*3)%5) for j in range(9)] for i in range(14)], np.float32)
  // u, s, v = np.linalg.svd(m.astype(np.float64)); r = (u[:,:3]*s[:3]) @ v[:3]
  private let matrix: Tensor<Float> = {
    var numbers: [Float] = []
    for i in 0..<14 {
      for j in 0..<9 {
        let (wave, step) = (sin(Double(1 + i * j)), Double((i * 7 + j * 3) % 5))
        numbers.append(Float(wave + 0.1 * step))
      }
    }
    return Tensor(numbers, shape: [14, 9])
  }()

  private func product(_ svd: TruncatedSVD) -> Tensor<Float> {
    svd.left.multiplied(row: Tensor(svd.values, shape: [svd.values.count])).matmul(svd.right)
  }

  @Test func valuesAndProductAreThoseOfNumPy() {
    let svd = TruncatedSVD(matrix, count: 3)

    expectClose(svd.values, [4.8309280583933, 3.534482844181221, 3.21107206440406], within: 1e-6)
    let r = product(svd).scalars
    expectClose(
      Array(r[..<4]),
      [1.7622327576816157, 0.7203905661787912, 0.2899542329314264, 0.6637216479748541],
      within: 1e-5)
    expectClose(
      Array(r[(13 * 9 + 5)...]),
      [-0.4343915010407304, 0.10937127249450213, -0.4228567974418044, -0.4218097660120067],
      within: 1e-5)
  }

  /// A wide matrix with known values that fall slowly: only iteration finds them.
  @Test func valuesOfALargeMatrixAreFound() {
    let (rows, columns, width) = (200, 90, 60)
    let a = TruncatedSVD(RandomTensor.normal([rows, width], seed: 1), count: width).left
    let b = TruncatedSVD(RandomTensor.normal([columns, width], seed: 2), count: width).left
    let values = (0..<width).map { Float(10 * pow(0.93, Double($0))) }
    let matrix = a.multiplied(row: Tensor(values, shape: [width]))
      .matmul(b, transposingOther: true)

    let svd = TruncatedSVD(matrix, count: 8)

    expectClose(svd.values, Array(values[..<8]), within: 1e-5)
    let identity = svd.left.matmul(svd.left, transposingSelf: true).scalars
    let expected: [Float] = (0..<64).map { $0 % 9 == 0 ? 1 : 0 }
    expectClose(identity, expected, within: 1e-5)
    let again = TruncatedSVD(matrix, count: 8)
    #expect(again.left == svd.left && again.right == svd.right)
  }

  @Test func whatHasNoValuesGivesNone() {
    #expect(TruncatedSVD(.zeros([6, 4]), count: 2).values.isEmpty)
    let one = Tensor<Float>([1, 2, 3, 4, 2, 4, 6, 8, 3, 6, 9, 12], shape: [3, 4])

    let svd = TruncatedSVD(one, count: 3)

    #expect(svd.values.count == 1)
    expectClose(product(svd).scalars, one.scalars, within: 1e-6)
  }
}
