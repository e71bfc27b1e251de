import TensorCore
import TestSupport
import Testing

@Suite struct TensorTests {
  // numpy 2.4: np.array([[1,2,3],[4,5,6]]) @ np.array([[1,0],[0,1],[1,1]])
  @Test func productOfTwoMatrices() {
    let a = Tensor<Float>([1, 2, 3, 4, 5, 6], shape: [2, 3])
    let b = Tensor<Float>([1, 0, 0, 1, 1, 1], shape: [3, 2])

    let product = a.matmul(b)

    #expect(product.shape == [2, 2])
    #expect(product.scalars == [4, 5, 10, 11])
  }

  @Test func innerExtentsThatDifferStopTheProgram() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let row = Tensor<Float>([1, 2, 3], shape: [1, 3])
      _ = row.matmul(row)
    }

    let message = String(
      decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("matmul: inner extents differ, [1, 3] by [1, 3]"))
  }

  @Test(arguments: [false, true], [false, true])
  func transposedOperandsGiveTheSameProduct(_ transposeA: Bool, _ transposeB: Bool) {
    // Large enough for several tiles in each direction.
    for (m, n, k) in [(600, 70, 30), (40, 700, 64), (700, 40, 64), (130, 150, 90), (3, 5, 0)] {
      let a = RandomTensor.normal([m, k], seed: 1) as Tensor<Double>
      let b = RandomTensor.normal([k, n], seed: 2) as Tensor<Double>
      var expected = [Double](repeating: 0, count: m * n)
      let (x, y) = (a.scalars, b.scalars)
      for i in 0..<m {
        for l in 0..<k { for j in 0..<n { expected[i * n + j] += x[i * k + l] * y[l * n + j] } }
      }

      let product = (transposeA ? a.transposed() : a).matmul(
        transposeB ? b.transposed() : b, transposingSelf: transposeA, transposingOther: transposeB)

      expectClose(product.scalars, expected, within: 1e-12, "\(m) \(n) \(k)")
    }
  }

  @Test func copiesDoNotShareWrites() {
    let original = Tensor<Float>([1, 2, 3], shape: [3])
    var copy = original

    copy.add(original)

    #expect(original.scalars == [1, 2, 3])
    #expect(copy.scalars == [2, 4, 6])
  }

  @Test func rowsShareMemoryUntilWritten() {
    let table = Tensor<Float>([1, 2, 3, 4, 5, 6], shape: [3, 2])

    var rows = table.rows(1..<3)
    #expect(rows.scalars == [3, 4, 5, 6])
    rows.add(rows)

    #expect(rows.scalars == [6, 8, 10, 12])
    #expect(table.scalars == [1, 2, 3, 4, 5, 6])
  }

  @Test func poolClassesWasteAtMostAFifth() {
    for bytes in [1, 256, 257, 1000, 4097, 1 << 20, (1 << 20) + 1, 123_456_789] {
      let size = StoragePool.classSize(bytes)
      #expect(size >= bytes)
      #expect(bytes < 1000 || Double(size) <= Double(bytes) * 1.26)
    }
  }
}
