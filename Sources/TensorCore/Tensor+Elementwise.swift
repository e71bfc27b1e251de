/// How many elements one piece of elementwise work has: a few microseconds of it.
private let grain = 16_384

extension Tensor {
  package typealias BinaryKernel =
    (
      UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int
    ) -> Void
  package typealias UnaryKernel =
    (
      UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int
    ) -> Void

  private func zip(_ other: Tensor, _ name: String, _ kernel: BinaryKernel) -> Tensor {
    require(shape == other.shape, "\(name): shapes differ, \(shape) and \(other.shape)")
    return Tensor(shape: shape) { out in
      withUnsafePointer { a in
        other.withUnsafePointer { b in
          ThreadPool.shared.forEachRange(count, grain: grain) { range in
            let at = range.lowerBound
            kernel(a + at, b + at, out + at, range.count)
          }
        }
      }
    }
  }

  package func map(_ kernel: (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int) -> Void)
    -> Tensor
  {
    Tensor(shape: shape) { out in
      withUnsafePointer { x in
        ThreadPool.shared.forEachRange(count, grain: grain) { range in
          kernel(x + range.lowerBound, out + range.lowerBound, range.count)
        }
      }
    }
  }

  /// The elementwise sum.
  public static func + (lhs: Tensor, rhs: Tensor) -> Tensor {
    lhs.zip(rhs, "+", Scalar.kernels.add)
  }

  /// The elementwise difference.
  public static func - (lhs: Tensor, rhs: Tensor) -> Tensor {
    lhs.zip(rhs, "-", Scalar.kernels.subtract)
  }

  /// The elementwise (Hadamard) product.
  public static func * (lhs: Tensor, rhs: Tensor) -> Tensor {
    lhs.zip(rhs, "*", Scalar.kernels.multiply)
  }

  /// The elementwise quotient.
  public static func / (lhs: Tensor, rhs: Tensor) -> Tensor {
    lhs.zip(rhs, "/", Scalar.kernels.divide)
  }

  /// Every element times `factor`.
  public static func * (lhs: Tensor, factor: Scalar) -> Tensor {
    lhs.map { Scalar.kernels.scale(factor, $0, $1, $2) }
  }

  /// eˣ, elementwise; 0 below the smallest normal number.
  public func exp() -> Tensor { map(Scalar.kernels.exp) }

  /// The natural logarithm, elementwise.
  public func log() -> Tensor { map(Scalar.kernels.log) }

  /// The square root, elementwise.
  public func squareRoot() -> Tensor { map(Scalar.kernels.sqrt) }

  /// 1 / (1 + e⁻ˣ), elementwise.
  public func sigmoid() -> Tensor { map(Scalar.kernels.sigmoid) }

  /// Adds `factor · other` in place.
  package mutating func add(_ other: Tensor, times factor: Scalar = 1) {
    require(shape == other.shape, "add: shapes differ, \(shape) and \(other.shape)")
    let count = count
    withUnsafeMutablePointer { y in
      other.withUnsafePointer { x in
        ThreadPool.shared.forEachRange(count, grain: grain) { range in
          let at = range.lowerBound
          Scalar.kernels.axpy(factor, x + at, y + at, range.count)
        }
      }
    }
  }

  /// Multiplies every element by `factor` in place.
  package mutating func scale(by factor: Scalar) {
    let count = count
    withUnsafeMutablePointer { y in
      ThreadPool.shared.forEachRange(count, grain: grain) { range in
        let at = y + range.lowerBound
        Scalar.kernels.scale(factor, at, at, range.count)
      }
    }
  }
}
