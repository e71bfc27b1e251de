import TensorCore
import TestSupport
import Testing

@Suite struct FrozenMatrixTests {
  private func normal(_ shape: Shape, _ seed: UInt64) -> Tensor<Float> {
    RandomTensor.normal(shape, seed: seed)
  }

  /// The nearest bf16, ties to even.
  private func rounded(_ x: Tensor<Float>) -> Tensor<Double> {
    Tensor(
      x.scalars.map { value in
        let bits = value.bitPattern
        return Double(Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000))
      }, shape: x.shape)
  }

  /// Checks within sixteen roundings of the sum of magnitudes.
  private func expectProduct(
    _ found: Tensor<Float>, of a: Tensor<Double>, _ b: Tensor<Double>, transposingOther: Bool,
    _ comment: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let exact = a.matmul(b, transposingOther: transposingOther)
    let size = Tensor(a.scalars.map(abs), shape: a.shape)
      .matmul(Tensor(b.scalars.map(abs), shape: b.shape), transposingOther: transposingOther)
    let isClose = zip(zip(found.scalars, exact.scalars), size.scalars).allSatisfy {
      abs(Double($0.0) - $0.1) <= 16 * Double(Float.ulpOfOne) * $1
    }
    #expect(found.shape == exact.shape && isClose, "\(comment)", sourceLocation: sourceLocation)
  }

  private static let extents = [
    (1, 1, 1), (1, 33, 7), (3, 32, 64), (13, 17, 31), (14, 16, 33), (15, 47, 2), (29, 100, 70),
    (70, 65, 769), (300, 48, 96), (260, 4200, 34), (17, 9, 1600), (4, 300, 1000),
  ]

  @Test(arguments: [true, false])
  func productIsThatOfTheRoundedOperands(_ isEmulated: Bool) {
    for (m, n, k) in Self.extents where isEmulated || FrozenMatrix.isSupported {
      let (x, w, dy) = (normal([m, k], 1), normal([n, k], 2), normal([m, n], 3))
      let frozen = FrozenMatrix(w, isEmulated: isEmulated)
      var gradient: Tensor<Float>?

      let y = frozen.multiply(x)
      frozen.multiplyTransposed(dy, into: &gradient)
      let once = gradient
      frozen.multiplyTransposed(dy, into: &gradient)

      expectProduct(y, of: rounded(x), rounded(w), transposingOther: true, "\(m) \(n) \(k)")
      let dx = once ?? x
      expectProduct(dx, of: rounded(dy), rounded(w), transposingOther: false, "dx \(m) \(n) \(k)")
      expectClose(
        gradient?.scalars ?? [], dx.scalars.map { 2 * $0 }, within: 1e-5, "2 dx \(m) \(n) \(k)")
    }
  }

  @Test func emulationAgreesWithTheProcessor() {
    let (x, w) = (normal([40, 200], 1), normal([70, 200], 2))

    let emulated = FrozenMatrix(w, isEmulated: true).multiply(x)
    let found = FrozenMatrix(w).multiply(x)

    expectClose(
      found.scalars, emulated.scalars, within: 1e-5, "supported: \(FrozenMatrix.isSupported)")
  }

  @Test func specialValuesAreRoundedAsTheProcessorRoundsThem() {
    // 1 + 2⁻⁸ lies between two bf16 and goes to the even one, 1; 1 + 3 · 2⁻⁸ to 1 + 2⁻⁶.
    let values: [Float] = [
      1.003_906_25, 1.011_718_75, -3.4e38, .leastNonzeroMagnitude, 0, .infinity,
    ]
    let expected: [Float] = [1, 1.015_625, -.infinity, 0, 0, .infinity]
    let one = Tensor<Float>([1], shape: [1, 1])
    let column = Tensor(values, shape: [values.count, 1])

    for isEmulated in [true, !FrozenMatrix.isSupported] {
      let asActivation = FrozenMatrix(one, isEmulated: isEmulated).multiply(column)
      let asWeight = FrozenMatrix(column, isEmulated: isEmulated).multiply(one)

      #expect(asActivation.scalars == expected)
      #expect(asWeight.scalars == expected)
      let nan = FrozenMatrix(one, isEmulated: isEmulated).multiply(Tensor([.nan], shape: [1, 1]))
      #expect(nan.item.isNaN)
    }
  }

  @Test func rowsDoNotDependOnHowManyThereAre() {
    let (x, w) = (normal([300, 600], 1), normal([500, 600], 2))
    let frozen = FrozenMatrix(w)

    let whole = frozen.multiply(x)

    for count in [1, 7, 200] {
      #expect(frozen.multiply(x.rows(0..<count)) == whole.rows(0..<count))
    }
  }

  @Test func matrixOfNothing() {
    let frozen = FrozenMatrix(Tensor.zeros([3, 0]))

    #expect(frozen.multiply(Tensor.zeros([2, 0])) == Tensor.zeros([2, 3]))
    #expect(frozen.multiply(Tensor.zeros([0, 0])).shape == [0, 3])
  }
}
