public import TensorCore

extension Variable {
  /// The summed cross-entropy of a linear classifier, without keeping its logits:
  /// `L = Σᵣ (log Σᵥ exp(hᵣ·wᵥ) - hᵣ·w_target)`, in nats.
  ///
  /// Logits exist for one chunk of rows at a time and become their own gradient in place,
  /// `softmax(logits) - onehot`, so that the gradients of `h` and `w` are made in the forward pass.
  ///
  /// - Parameters:
  ///   - weight: `w`, `[classes, k]`.
  ///   - targets: The class of each row of `self`, `[rows, k]`.
  ///   - replaced: Rows of `w` that others stand for.
  /// - Returns: A scalar.
  public func linearCrossEntropy(
    weight: Variable, targets: [Int32], replacing replaced: ReplacedClasses<Scalar>? = nil
  ) -> Variable {
    var computation = LinearCrossEntropy(hidden: value, weight: weight.value, targets: targets)
    computation.replace(replaced)
    let result = computation.run(
      hiddenGradient: isTracked, weightGradient: weight.isTracked)
    return .recorded(
      "linearCrossEntropy", Tensor([result.losses.sum()], shape: []),
      [
        Operand(self) { upstream in result.gradient(result.hiddenGradient, upstream) },
        Operand(weight) { upstream in result.gradient(result.weightGradient, upstream) },
      ] + result.operands(of: replaced))
  }
}

/// Classes of a linear classifier that have other weights than its table says.
public struct ReplacedClasses<Scalar: TensorScalar> {
  /// The classes, each once.
  public var classes: [Int32]
  /// Their weights, `[classes.count, k]`.
  public var rows: Variable<Scalar>

  /// Classes with these weights.
  public init(classes: [Int32], rows: Variable<Scalar>) {
    (self.classes, self.rows) = (classes, rows)
  }
}

/// The chunked computation behind `linearCrossEntropy`; also what evaluation uses for losses by row.
package struct LinearCrossEntropy<Scalar: TensorScalar> {
  package struct Result {
    /// Cross-entropy of each row, nats.
    package var losses: Tensor<Scalar>
    package var hiddenGradient: Tensor<Scalar>?
    package var weightGradient: Tensor<Scalar>?
    /// The gradient of the rows that stand for others.
    package var replacedGradient: Tensor<Scalar>?

    func operands(of replaced: ReplacedClasses<Scalar>?) -> [Operand<Scalar>] {
      replaced.map { replaced in
        [Operand(replaced.rows) { upstream in gradient(replacedGradient, upstream) }]
      } ?? []
    }

    func gradient(_ made: Tensor<Scalar>?, _ upstream: Tensor<Scalar>) -> Tensor<Scalar> {
      guard let made else { fatalError("linearCrossEntropy: this gradient was not asked for") }
      return made * upstream.item
    }

    /// The gradient of the hidden states where each row's loss has an upstream gradient of its own.
    func rowGradient(_ upstream: Tensor<Scalar>) -> Tensor<Scalar> {
      guard let hiddenGradient else {
        fatalError("linearCrossEntropyRows: this gradient was not asked for")
      }
      return hiddenGradient.multiplied(column: upstream)
    }
  }

  package let hidden: Tensor<Scalar>
  package let targets: [Int32]
  private let weightShape: Shape
  /// `x · wᵀ` and `dy · w`.
  private let product: (Tensor<Scalar>) -> Tensor<Scalar>
  private let gradientProduct: (Tensor<Scalar>) -> Tensor<Scalar>
  /// Rows whose logits are held at a time: 50 MB for a vocabulary of 49,152.
  package var chunk = 256
  private var replaced: (classes: [Int32], rows: Tensor<Scalar>, isTracked: Bool)?

  package init(hidden: Tensor<Scalar>, weight: Tensor<Scalar>, targets: [Int32]) {
    self.init(
      hidden: hidden, weightShape: weight.shape, targets: targets,
      product: { $0.matmul(weight, transposingOther: true) },
      gradientProduct: { $0.matmul(weight) })
  }

  /// The same with a weight in bf16, which has no gradient.
  package init(hidden: Tensor<Scalar>, weight: FrozenMatrix, targets: [Int32])
  where Scalar == Float {
    self.init(
      hidden: hidden, weightShape: weight.shape, targets: targets, product: weight.multiply,
      gradientProduct: {
        var gradient: Tensor<Float>?
        weight.multiplyTransposed($0, into: &gradient)
        return gradient ?? .zeros(hidden.shape)
      })
  }

  private init(
    hidden: Tensor<Scalar>, weightShape: Shape, targets: [Int32],
    product: @escaping (Tensor<Scalar>) -> Tensor<Scalar>,
    gradientProduct: @escaping (Tensor<Scalar>) -> Tensor<Scalar>
  ) {
    require(
      hidden.shape.rank == 2 && weightShape.rank == 2 && hidden.shape[1] == weightShape[1]
        && targets.count == hidden.shape[0],
      "linearCrossEntropy: \(hidden.shape) by \(weightShape) with \(targets.count) targets")
    for target in targets {
      require(
        target >= 0 && Int(target) < weightShape[0],
        "linearCrossEntropy: target \(target) of \(weightShape[0]) classes")
    }
    (self.hidden, self.weightShape, self.targets) = (hidden, weightShape, targets)
    (self.product, self.gradientProduct) = (product, gradientProduct)
  }

  /// Gives classes other weights than the table's.
  package mutating func replace(_ other: ReplacedClasses<Scalar>?) {
    guard let other else { return }
    require(
      other.rows.shape == [other.classes.count, hidden.shape[1]],
      "linearCrossEntropy: \(other.rows.shape) for \(other.classes.count) classes")
    replaced = (other.classes, other.rows.value, other.rows.isTracked)
  }

  /// Computes the losses, and what else is asked for.
  ///
  /// - Parameters:
  ///   - hiddenGradient: Whether the gradient of the hidden states is wanted.
  ///   - weightGradient: Whether that of the weight is.
  ///   - rowFactors: What the gradients of each row are multiplied by; nil for 1.
  /// - Returns: The losses and the gradients.
  package func run(
    hiddenGradient: Bool, weightGradient: Bool, rowFactors: Tensor<Scalar>? = nil
  ) -> Result {
    let factors = rowFactors?.scalars
    let (rows, classes) = (hidden.shape[0], weightShape[0])
    var losses = Tensor<Scalar>.zeros([rows])
    var pieces: [Tensor<Scalar>] = []
    var (dWeight, dReplaced): (Tensor<Scalar>?, Tensor<Scalar>?)
    for start in stride(from: 0, to: rows, by: chunk) {
      let range = start..<min(start + chunk, rows)
      let part = hidden.rows(range)
      var logits = product(part)
      if let replaced {
        logits.replaceColumns(
          replaced.classes, with: part.matmul(replaced.rows, transposingOther: true))
      }
      let wantsGradient = hiddenGradient || weightGradient || replaced?.isTracked == true
      losses.withUnsafeMutablePointer { losses in
        logits.withUnsafeMutablePointer { x in
          ThreadPool.shared.forEach(range.count) { row in
            let logits = x + row * classes
            let target = Int(targets[start + row])
            let lse = Scalar.kernels.logSumExp(logits, classes)
            losses[start + row] = lse - logits[target]
            if wantsGradient {
              let factor = factors?[start + row] ?? 1
              Scalar.kernels.crossEntropyBackward(logits, classes, lse, target, factor)
            }
          }
        }
      }
      var upper: Tensor<Scalar>?
      if let replaced, wantsGradient {
        let columns = logits.gatheringColumns(replaced.classes)
        logits.replaceColumns(replaced.classes, with: .zeros(columns.shape))
        if replaced.isTracked { dReplaced.accumulateProduct(columns, part, transposingA: true) }
        upper = columns
      }
      if hiddenGradient {
        var piece = gradientProduct(logits)
        if let upper, let replaced { piece.addProduct(upper, replaced.rows) }
        pieces.append(piece)
      }
      if weightGradient { dWeight.accumulateProduct(logits, part, transposingA: true) }
    }
    return Result(
      losses: losses, hiddenGradient: hiddenGradient ? join(pieces) : nil,
      weightGradient: weightGradient ? dWeight ?? .zeros(weightShape) : nil,
      replacedGradient: replaced?.isTracked == true
        ? dReplaced ?? replaced.map { .zeros($0.rows.shape) } : nil)
  }

  private func join(_ pieces: [Tensor<Scalar>]) -> Tensor<Scalar> {
    Tensor(shape: hidden.shape) { out in
      var at = 0
      for piece in pieces {
        piece.withUnsafePointer { (out + at).update(from: $0, count: piece.count) }
        at += piece.count
      }
    }
  }
}
