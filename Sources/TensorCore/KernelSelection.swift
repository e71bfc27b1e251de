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

extension KernelTable<Float> {
  fileprivate init(_ c: ck_f32) {
    add = c.add
    subtract = c.subtract
    multiply = c.multiply
    divide = c.divide
    scale = c.scale
    axpy = c.axpy
    exp = c.exp
    log = c.log
    sqrt = c.sqrt
    sigmoid = c.sigmoid
    sum = c.sum
    dot = c.dot
    max = c.max
    addRow = c.add_row
    multiplyRow = c.multiply_row
    multiplyColumn = c.multiply_column
    rowSum = c.row_sum
    columnSum = c.column_sum
    softmax = c.softmax
    softmaxBackward = c.softmax_backward
    rmsNorm = c.rms_norm
    rmsNormBackward = c.rms_norm_backward
    rmsNormWeight = c.rms_norm_weight
    swiglu = c.swiglu
    swigluBackward = c.swiglu_backward
    rope = c.rope
    attentionSoftmax = c.attention_softmax
    attentionProbabilities = c.attention_probabilities
    attentionScoresBackward = c.attention_scores_backward
    logSumExp = c.log_sum_exp
    crossEntropyBackward = c.cross_entropy_backward
    adamw = c.adamw
    gemv = c.gemv
    dropout = c.dropout
  }
}

extension KernelTable<Double> {
  fileprivate init(_ c: ck_f64) {
    add = c.add
    subtract = c.subtract
    multiply = c.multiply
    divide = c.divide
    scale = c.scale
    axpy = c.axpy
    exp = c.exp
    log = c.log
    sqrt = c.sqrt
    sigmoid = c.sigmoid
    sum = c.sum
    dot = c.dot
    max = c.max
    addRow = c.add_row
    multiplyRow = c.multiply_row
    multiplyColumn = c.multiply_column
    rowSum = c.row_sum
    columnSum = c.column_sum
    softmax = c.softmax
    softmaxBackward = c.softmax_backward
    rmsNorm = c.rms_norm
    rmsNormBackward = c.rms_norm_backward
    rmsNormWeight = c.rms_norm_weight
    swiglu = c.swiglu
    swigluBackward = c.swiglu_backward
    rope = c.rope
    attentionSoftmax = c.attention_softmax
    attentionProbabilities = c.attention_probabilities
    attentionScoresBackward = c.attention_scores_backward
    logSumExp = c.log_sum_exp
    crossEntropyBackward = c.cross_entropy_backward
    adamw = c.adamw
    gemv = c.gemv
    dropout = c.dropout
  }
}
