internal import CKernels

/// A scalar type that tensors can hold: `Float` for work, `Double` for sharp gradient checks.
public protocol TensorScalar: BinaryFloatingPoint, Sendable {
  /// The loops over elements for this type, on the instruction set of this processor.
  static var kernels: KernelTable<Self> { get }

  /// `C = alpha op(A) op(B) + beta C` on one thread, row-major; `cblas_?gemm`'s arguments.
  static func gemm(_ call: GEMMCall<Self>)

  /// The same on all threads of a pool, with the same bits for every number of threads.
  static func gemmTiled(_ call: GEMMCall<Self>, on pool: ThreadPool)
}

/// The arguments of one matrix product: `C = alpha op(A) op(B) + beta C`, row-major.
public struct GEMMCall<Scalar: TensorScalar> {
  package var transposesA = false
  package var transposesB = false
  /// Rows of `C`, columns of `C`, inner extent.
  package var m: Int
  package var n: Int
  package var k: Int
  package var alpha: Scalar = 1
  package var a: UnsafePointer<Scalar>
  package var lda: Int
  package var b: UnsafePointer<Scalar>
  package var ldb: Int
  package var beta: Scalar = 0
  package var c: UnsafeMutablePointer<Scalar>
  package var ldc: Int

  package init(
    transposesA: Bool = false, transposesB: Bool = false, m: Int, n: Int, k: Int,
    alpha: Scalar = 1, a: UnsafePointer<Scalar>, lda: Int, b: UnsafePointer<Scalar>, ldb: Int,
    beta: Scalar = 0, c: UnsafeMutablePointer<Scalar>, ldc: Int
  ) {
    (self.transposesA, self.transposesB) = (transposesA, transposesB)
    (self.m, self.n, self.k) = (m, n, k)
    (self.alpha, self.beta) = (alpha, beta)
    (self.a, self.lda, self.b, self.ldb, self.c, self.ldc) = (a, lda, b, ldb, c, ldc)
  }
}

extension Float: TensorScalar {
  /// The loops over `Float`, on the instruction set of this processor.
  public static var kernels: KernelTable<Float> { KernelSelection.single }
}

extension Double: TensorScalar {
  /// The loops over `Double`.
  public static var kernels: KernelTable<Double> { KernelSelection.double }
}
