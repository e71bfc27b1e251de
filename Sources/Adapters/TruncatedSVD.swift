package import TensorCore

/// The largest singular values of a matrix with their vectors, `w ≈ Σᵢ σᵢ uᵢ vᵢᵀ`.
///
/// Subspace iteration with more vectors than are asked for and a Rayleigh-Ritz step (Halko, Martinsson and
/// Tropp 2011), until the values stay. The large products are f32, all else is Double. The start is drawn from
/// a fixed seed and every product depends on sizes alone: the same matrix gives the same bits.
package struct TruncatedSVD {
  /// `u`, `[rows, count]`, orthonormal columns.
  package let left: Tensor<Float>
  /// `σ`, falling.
  package let values: [Float]
  /// `vᵀ`, `[count, columns]`, orthonormal rows.
  package let right: Tensor<Float>

  /// Change of a value, as a part of the largest, at which it counts as found.
  private static let tolerance = 1e-6
  private static let maxIterations = 40

  /// The `count` largest, or fewer where the matrix has not so many above rounding.
  package init(_ matrix: Tensor<Float>, count: Int) {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    require(count > 0, "TruncatedSVD: \(count) values")
    let wanted = min(count, rows, columns)
    let width = min(wanted + max(wanted, 8), rows, columns)
    var generator = RandomGenerator(seed: 0, stream: UInt64(width))
    var basis = Tensor<Float>(
      (0..<columns * width).map { _ in Float(generator.nextNormal()) }, shape: [columns, width])
    var before: [Double] = []
    var (leftBasis, ritz) = (Tensor<Float>.zeros([rows, 0]), Ritz.empty)
    for _ in 0..<Self.maxIterations {
      leftBasis = Ritz(of: matrix.matmul(basis)).orthonormal
      if leftBasis.shape[1] == 0 { break }
      ritz = Ritz(of: matrix.matmul(leftBasis, transposingSelf: true))
      basis = ritz.orthonormal
      let values = Array(ritz.values.prefix(wanted))
      let isDone =
        values.count == before.count
        && zip(values, before).allSatisfy { abs($0 - $1) <= Self.tolerance * values[0] }
      if isDone || values.isEmpty { break }
      before = values
    }
    let found = min(wanted, ritz.values.count)
    values = ritz.values.prefix(found).map { Float($0) }
    left = Self.columns(leftBasis.matmul(ritz.rotation), found)
    right = Self.columns(ritz.orthonormal, found).permuted([1, 0])
  }

  private static func columns(_ x: Tensor<Float>, _ count: Int) -> Tensor<Float> {
    let (rows, columns) = (x.shape[0], x.shape[1])
    return Tensor(shape: [rows, count]) { out in
      x.withUnsafePointer { x in
        for row in 0..<rows {
          (out + row * count).update(from: x + row * columns, count: count)
        }
      }
    }
  }
}

/// The singular values of a tall matrix `y`, from the eigenvectors `v` of `yᵀ y`.
private struct Ritz {
  /// Falling; those that rounding could have made are left out.
  let values: [Double]
  /// `v`, `[width, values.count]`.
  let rotation: Tensor<Float>
  /// `y v / σ`, `[rows, values.count]`.
  let orthonormal: Tensor<Float>

  static let empty = Ritz(of: Tensor.zeros([0, 0]))

  init(of y: Tensor<Float>) {
    let exact = Tensor<Double>(y.scalars.map { Double($0) }, shape: y.shape)
    let eigen = SymmetricEigen(exact.matmul(exact, transposingSelf: true))
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
    rotation = Tensor(turn.map { Float($0) }, shape: [width, kept])
    let unit = exact.matmul(Tensor(scaled, shape: [width, kept]))
    orthonormal = Tensor(unit.scalars.map { Float($0) }, shape: unit.shape)
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
