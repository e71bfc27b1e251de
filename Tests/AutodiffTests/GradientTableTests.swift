import Autodiff
import Foundation
import TensorCore
import TestSupport
import Testing

@Suite struct GradientTableTests {
  @Test(arguments: gradientTable)
  func gradientAgreesWithFiniteDifferences(_ row: GradientCase) {
    for seed in [7, 8, 9] as [UInt64] {
      let error = GradientCheck.largestError(row.inputs, seed: seed, row.function)

      #expect(error <= GradientCheck.tolerance, "\(row): relative error \(error)")
    }
  }

  @Test func tableNamesEveryOperation() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Autodiff/Ops").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
      .filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) }

    #expect(!files.isEmpty)
    #expect(Set(files) == singlePrecisionOperations.union(gradientTable.map(\.operation)))
  }

  @Test func wrongGradientIsFound() {
    let x: Tensor<Double> = RandomTensor.normal([5], seed: 1)

    let error = GradientCheck.largestError([x]) { operands in
      // A pullback that forgets the factor 2.
      .recorded(
        "wrong", operands[0].value * operands[0].value,
        Operand(operands[0]) { [x = operands[0].value] in $0 * x })
    }

    #expect(error > 0.1)
  }

  @Test func frozenOperandIsNotRecorded() {
    let tape = Tape<Double>()
    let x = tape.leaf(RandomTensor.normal([2, 3], seed: 1))
    let frozen = Variable<Double>(RandomTensor.normal([4, 3], seed: 2))

    let product = frozen.matmulTransposed(frozen)
    let y = x.matmulTransposed(frozen).sum()
    let gradients = tape.gradients(of: y)

    #expect(!product.isTracked)
    #expect(gradients[x] == Tensor(repeating: 1, shape: [2, 4]).matmul(frozen.value))
  }
}
