import CKernels
import ModelFiles
import TensorCore

/// The loops of the serving forward pass for this processor.
///
/// `@unchecked Sendable` is sound because every field of the table is a constant C function without state.
package struct ServingKernels: @unchecked Sendable {
  let table: ck_serve

  /// What `GRAFT_KERNELS` asks for, or else the best that this processor has.
  package static let selected: ServingKernels = {
    let all = available
    // Of two tables for AVX2, the one without VNNI is what is asked for where there is AVX-512.
    let isLesser = all.last?.name == "avx512" && KernelSelection.name != "avx512"
    return all.last { !isLesser || $0.name == KernelSelection.name }?.kernels ?? all[0].kernels
  }()

  /// All that this processor can run, the portable ones first.
  package static var available: [(name: String, kernels: ServingKernels)] {
    (0..<ck_serve_count()).map {
      let table = ck_serve_kernels($0).pointee
      return (String(cString: table.name), ServingKernels(table: table))
    }
  }
}

extension StoredType {
  /// How a tile keeps weights of this type; nil for types that are turned into f32 first.
  var tileKind: ck_weight? {
    switch self {
    case .f32: CK_WEIGHT_F32
    case .f16: CK_WEIGHT_F16
    case .bf16: CK_WEIGHT_BF16
    case .q4_0: CK_WEIGHT_Q4_0
    case .q4_1: CK_WEIGHT_Q4_1
    case .q5_0: CK_WEIGHT_Q5_0
    case .q5_1: CK_WEIGHT_Q5_1
    case .q8_0: CK_WEIGHT_Q8_0
    case .q4_K: CK_WEIGHT_Q4_K
    case .q5_K: CK_WEIGHT_Q5_K
    case .q6_K: CK_WEIGHT_Q6_K
    default: nil
    }
  }

  /// Whether elements share scales.
  var isBlocked: Bool { blockElements > 1 }
}
