/// Elements per block of a sum; blocks are summed in order, whatever the number of threads.
private let block = 65_536

extension Tensor {
  private func blockwise(_ body: (UnsafePointer<Scalar>, Int) -> Scalar) -> Scalar {
    let blocks = (count + block - 1) / block
    if blocks <= 1 { return withUnsafePointer { body($0, count) } }
    let partial = Tensor(shape: [blocks]) { sums in
      withUnsafePointer { x in
        ThreadPool.shared.forEachRange(count, grain: block) {
          sums[$0.lowerBound / block] = body(x + $0.lowerBound, $0.count)
        }
      }
    }
    return partial.withUnsafePointer { Scalar.kernels.sum($0, blocks) }
  }

  /// The sum of all elements.
  public func sum() -> Scalar { blockwise(Scalar.kernels.sum) }

  /// The sum of the squares of all elements.
  public func sumOfSquares() -> Scalar { blockwise { Scalar.kernels.dot($0, $0, $1) } }

  /// Whether every element is finite.
  public var isFinite: Bool {
    // A sum of x - x is 0 for finite numbers and NaN otherwise, but squares may overflow.
    withUnsafePointer { x in
      for index in 0..<count where !x[index].isFinite { return false }
      return true
    }
  }
}
