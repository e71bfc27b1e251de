internal import CKernels

#if canImport(Glibc)
  import Glibc
#endif

/// Which kernels this process runs.
package enum KernelSelection {
  /// The instruction set in use: the best of this processor, or a lesser one that the environment
  /// variable `GRAFT_KERNELS` (`portable`, `avx2`, `avx512`) asks for, read once.
  package static let name: String = names[Int(isa.rawValue)]

  private static let names = ["portable", "avx2", "avx512"]

  private static let isa: ck_isa = {
    let best = ck_detect_isa()
    guard let asked = getenv("GRAFT_KERNELS").map({ String(cString: $0) }) else { return best }
    guard let index = names.firstIndex(of: asked) else {
      fatalError("GRAFT_KERNELS is '\(asked)', expected one of \(names).")
    }
    return index <= Int(best.rawValue) ? ck_isa(UInt32(index)) : best
  }()

  package static let single = KernelTable<Float>(ck_f32_kernels(isa).pointee)
  package static let double = KernelTable<Double>(ck_f64_kernels().pointee)

  /// The f32 tables that this processor can run, by name: what tests compare with `portable`.
  package static var available: [(name: String, table: KernelTable<Float>)] {
    (0...Int(ck_detect_isa().rawValue)).map {
      (names[$0], KernelTable(ck_f32_kernels(ck_isa(UInt32($0))).pointee))
    }
  }
}
