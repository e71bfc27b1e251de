package import TensorCore

/// The largest singular values of a matrix with their vectors, `w ≈ Σᵢ σᵢ uᵢ vᵢᵀ`.
///
/// Subspace iteration with more vectors than are asked for and a Rayleigh-Ritz step (Halko, Martinsson and
/// Tropp 2011), until the values stay. The products of large matrices are f32, all else is Double. The start is
/// drawn from a fixed seed and every product depends on sizes alone: the same matrix gives the same bits.
package struct TruncatedSVD {
  /// `u`, `[rows, count]`, orthonormal columns.
  package let left: Tensor<Float>
  /// `σ`, falling.
  package let values: [Float]
  /// `vᵀ`, `[count, columns]`, orthonormal rows.
  package let right: Tensor<Float>

  /// How exactly, and for how long, a matrix is looked at.
  private struct Effort {
    /// Change of a value, as a part of the largest, at which it counts as found; vectors are off by its root.
    var tolerance: Double
    var maxIterations: Int
    /// Multiplies the matrix, or its transpose, with vectors.
    var product: (_ vectors: Tensor<Double>, _ isTransposed: Bool) -> Tensor<Double>

    /// Double throughout where that costs nothing: small matrices may have values close to each other.
    init(_ matrix: Tensor<Float>) {
      if matrix.count <= 1 << 16 {
        let exact = Tensor<Double>(matrix.scalars.map { Double($0) }, shape: matrix.shape)
        (tolerance, maxIterations) = (1e-14, 500)
        product = { exact.matmul($0, transposingSelf: $1) }
      } else {
        (tolerance, maxIterations) = (1e-6, 40)
        product = { vectors, isTransposed in
          let single = Tensor<Float>(vectors.scalars.map { Float($0) }, shape: vectors.shape)
          let result = matrix.matmul(single, transposingSelf: isTransposed)
          return Tensor<Double>(result.scalars.map { Double($0) }, shape: result.shape)
        }
      }
    }
  }

  /// The `count` largest, or fewer where the matrix has not so many above rounding.
  package init(_ matrix: Tensor<Float>, count: Int) {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    require(count > 0, "TruncatedSVD: \(count) values")
    let effort = Effort(matrix)
    let wanted = min(count, rows, columns)
    let width = min(wanted + max(wanted, 8), rows, columns)
    var generator = RandomGenerator(seed: 0, stream: UInt64(width))
    var basis = Tensor<Double>(
      (0..<columns * width).map { _ in Double(Float(generator.nextNormal())) },
      shape: [columns, width])
    var before: [Double] = []
    var (leftBasis, ritz) = (Tensor<Double>.zeros([rows, 0]), Ritz.empty)
    for _ in 0..<effort.maxIterations {
      leftBasis = Ritz(of: effort.product(basis, false)).orthonormal
      if leftBasis.shape[1] == 0 { break }
      ritz = Ritz(of: effort.product(leftBasis, true))
      basis = ritz.orthonormal
      let values = Array(ritz.values.prefix(wanted))
      let isDone =
        values.count == before.count
        && zip(values, before).allSatisfy { abs($0 - $1) <= effort.tolerance * values[0] }
      if isDone || values.isEmpty { break }
      before = values
    }
    let found = min(wanted, ritz.values.count)
    values = ritz.values.prefix(found).map { Float($0) }
    left = Self.columns(leftBasis.matmul(ritz.rotation), found)
    right = Self.columns(ritz.orthonormal, found).permuted([1, 0])
  }

  private static func columns(_ x: Tensor<Double>, _ count: Int) -> Tensor<Float> {
    let (rows, columns) = (x.shape[0], x.shape[1])
    let scalars = x.scalars
    let kept = (0..<rows).flatMap { row in
      scalars[row * columns..<row * columns + count].map { Float($0) }
    }
    return Tensor(kept, shape: [rows, count])
  }
}

/// The singular values of a tall matrix `y`, from the eigenvectors `v` of `yᵀ y`.
private struct Ritz {
  /// Falling; those that rounding could have made are left out.
  let values: [Double]
  /// `v`, `[width, values.count]`.
  let rotation: Tensor<Double>
  /// `y v / σ`, `[rows, values.count]`.
  let orthonormal: Tensor<Double>

  static let empty = Ritz(of: Tensor.zeros([0, 0]))

  init(of y: Tensor<Double>) {
    let eigen = SymmetricEigen(y.matmul(y, transposingSelf: true))
    let width = y.shape[1]
    let largest = max(eigen.values.first ?? 0, 0)
    // Squares of values: below this the f32 products have left nothing of a vector.
    let kept = eigen.values.prefix { $0 > largest * 1e-12 && $0 > 0 }.count
    values = eigen.values.prefix(kept).map { $0.squareRoot() }
    var (turn, scaled) = ([Double](), [Double]())
    for row in 0..<width {
      for column in 0..<kept {
        let entry = eigen.vectors[row * width + column]
        turn.append(entry)
        scaled.append(entry / values[column])
      }
    }
    rotation = Tensor(turn, shape: [width, kept])
    orthonormal = y.matmul(Tensor(scaled, shape: [width, kept]))
  }
}

/// Eigenvalues and eigenvectors of a small symmetric matrix: Jacobi's cyclic rotations (1846).
struct SymmetricEigen {
  /// Falling.
  let values: [Double]
  /// One a column, in the order of the values; row-major.
  let vectors: [Double]

  init(_ matrix: Tensor<Double>) {
    let n = matrix.shape[0]
    var a = matrix.scalars
    var v = [Double](repeating: 0, count: n * n)
    for index in 0..<n { v[index * n + index] = 1 }
    for _ in 0..<60 where !Self.sweep(&a, &v, n) { break }
    let diagonal = (0..<n).map { a[$0 * n + $0] }
    let order = diagonal.indices.sorted { (-diagonal[$0], $0) < (-diagonal[$1], $1) }
    values = order.map { diagonal[$0] }
    var sorted = v
    for (place, column) in order.enumerated() {
      for row in 0..<n { sorted[row * n + place] = v[row * n + column] }
    }
    vectors = sorted
  }

  /// One rotation for each pair; false when none was needed any more.
  private static func sweep(_ a: inout [Double], _ v: inout [Double], _ n: Int) -> Bool {
    var hasRotated = false
    a.withUnsafeMutableBufferPointer { a in
      v.withUnsafeMutableBufferPointer { v in
        for p in 0..<n {
          for q in (p + 1)..<max(n, p + 1) {
            let (app, aqq, apq) = (a[p * n + p], a[q * n + q], a[p * n + q])
            guard abs(apq) > 1e-15 * (abs(app * aqq)).squareRoot(), abs(apq) > 1e-300 else {
              continue
            }
            hasRotated = true
            let theta = (aqq - app) / (2 * apq)
            let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
            let c = 1 / (t * t + 1).squareRoot()
            let s = t * c
            for k in 0..<n {
              let (x, y) = (a[k * n + p], a[k * n + q])
              a[k * n + p] = c * x - s * y
              a[k * n + q] = s * x + c * y
            }
            for k in 0..<n {
              let (x, y) = (a[p * n + k], a[q * n + k])
              a[p * n + k] = c * x - s * y
              a[q * n + k] = s * x + c * y
            }
            for k in 0..<n {
              let (x, y) = (v[k * n + p], v[k * n + q])
              v[k * n + p] = c * x - s * y
              v[k * n + q] = s * x + c * y
            }
          }
        }
      }
    }
    return hasRotated
  }
}
