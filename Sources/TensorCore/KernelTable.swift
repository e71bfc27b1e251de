internal import CKernels

/// The kernels of `CKernels` for one scalar type; `ck.h` says what each does.
///
/// Elementwise outputs may alias their inputs; lengths are in elements.
///
/// A class, so that a use takes one reference and not one for each field.
///
/// `@unchecked Sendable` is sound because every field is a constant C function without state.
public final class KernelTable<Scalar: TensorScalar>: @unchecked Sendable {
  package let add:
    (
      _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ n: Int
    ) -> Void
  package let subtract:
    (
      _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ n: Int
    ) -> Void
  package let multiply:
    (
      _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ n: Int
    ) -> Void
  package let divide:
    (
      _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ n: Int
    ) -> Void
  package let scale:
    (
      _ alpha: Scalar, _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ n: Int
    ) -> Void
  package let axpy:
    (
      _ alpha: Scalar, _ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>, _ n: Int
    ) -> Void
  package let exp:
    (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ n: Int
    ) -> Void
  package let log:
    (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ n: Int
    ) -> Void
  package let sqrt:
    (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ n: Int
    ) -> Void
  package let sigmoid:
    (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ n: Int
    ) -> Void
  package let sum: (_ x: UnsafePointer<Scalar>, _ n: Int) -> Scalar
  package let dot:
    (
      _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ n: Int
    ) -> Scalar
  package let max: (_ x: UnsafePointer<Scalar>, _ n: Int) -> Scalar
  package let addRow:
    (
      _ x: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ rows: Int, _ cols: Int
    ) -> Void
  package let multiplyRow:
    (
      _ x: UnsafePointer<Scalar>, _ w: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ rows: Int, _ cols: Int
    ) -> Void
  package let multiplyColumn:
    (
      _ x: UnsafePointer<Scalar>, _ s: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ rows: Int, _ cols: Int
    ) -> Void
  package let rowSum:
    (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ rows: Int, _ cols: Int
    ) -> Void
  package let columnSum:
    (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ rows: Int, _ cols: Int
    ) -> Void
  package let softmax:
    (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ rows: Int, _ cols: Int
    ) -> Void
  package let softmaxBackward:
    (
      _ y: UnsafePointer<Scalar>, _ dy: UnsafePointer<Scalar>, _ dx: UnsafeMutablePointer<Scalar>,
      _ rows: Int, _ cols: Int
    ) -> Void
  package let rmsNorm:
    (
      _ x: UnsafePointer<Scalar>, _ w: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ rstd: UnsafeMutablePointer<Scalar>, _ rows: Int, _ cols: Int, _ eps: Scalar
    ) -> Void
  package let rmsNormBackward:
    (
      _ x: UnsafePointer<Scalar>, _ w: UnsafePointer<Scalar>, _ rstd: UnsafePointer<Scalar>,
      _ dy: UnsafePointer<Scalar>, _ dx: UnsafeMutablePointer<Scalar>, _ rows: Int, _ cols: Int,
      _ accumulate: Int32
    ) -> Void
  package let rmsNormWeight:
    (
      _ x: UnsafePointer<Scalar>, _ rstd: UnsafePointer<Scalar>, _ dy: UnsafePointer<Scalar>,
      _ dw: UnsafeMutablePointer<Scalar>, _ rows: Int, _ cols: Int
    ) -> Void
  package let swiglu:
    (
      _ gate: UnsafePointer<Scalar>, _ up: UnsafePointer<Scalar>, _ ld: Int,
      _ out: UnsafeMutablePointer<Scalar>, _ ldout: Int, _ rows: Int, _ cols: Int
    ) -> Void
  package let swigluBackward:
    (
      _ gate: UnsafePointer<Scalar>, _ up: UnsafePointer<Scalar>, _ ld: Int,
      _ dy: UnsafePointer<Scalar>, _ lddy: Int, _ dgate: UnsafeMutablePointer<Scalar>,
      _ dup: UnsafeMutablePointer<Scalar>, _ ldd: Int, _ rows: Int, _ cols: Int
    ) -> Void
  package let rope:
    (
      _ x: UnsafePointer<Scalar>, _ ldx: Int, _ cosine: UnsafePointer<Scalar>,
      _ sine: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ ldout: Int, _ rows: Int,
      _ heads: Int, _ head: Int, _ sign: Scalar
    ) -> Void
  package let attentionSoftmax:
    (
      _ s: UnsafeMutablePointer<Scalar>, _ lds: Int, _ rows: Int, _ cols: Int,
      _ low: UnsafePointer<Int32>, _ high: UnsafePointer<Int32>, _ scale: Scalar,
      _ m: UnsafeMutablePointer<Scalar>, _ l: UnsafeMutablePointer<Scalar>,
      _ o: UnsafeMutablePointer<Scalar>, _ ldo: Int, _ head: Int
    ) -> Void
  package let attentionProbabilities:
    (
      _ s: UnsafeMutablePointer<Scalar>, _ lds: Int, _ rows: Int, _ cols: Int,
      _ low: UnsafePointer<Int32>, _ high: UnsafePointer<Int32>, _ scale: Scalar,
      _ lse: UnsafePointer<Scalar>
    ) -> Void
  package let attentionScoresBackward:
    (
      _ p: UnsafePointer<Scalar>, _ dp: UnsafeMutablePointer<Scalar>, _ ld: Int, _ rows: Int,
      _ cols: Int, _ scale: Scalar, _ delta: UnsafePointer<Scalar>
    ) -> Void
  package let logSumExp: (_ x: UnsafePointer<Scalar>, _ n: Int) -> Scalar
  package let crossEntropyBackward:
    (
      _ x: UnsafeMutablePointer<Scalar>, _ n: Int, _ lse: Scalar, _ target: Int, _ scale: Scalar
    ) -> Void
  package let adamw:
    (
      _ p: UnsafeMutablePointer<Scalar>, _ g: UnsafePointer<Scalar>,
      _ m: UnsafeMutablePointer<Scalar>, _ v: UnsafeMutablePointer<Scalar>, _ n: Int, _ lr: Scalar,
      _ beta1: Scalar, _ beta2: Scalar, _ eps: Scalar, _ decay: Scalar, _ correction1: Scalar,
      _ correction2: Scalar, _ gradient_scale: Scalar
    ) -> Void
  package let gemv:
    (
      _ w: UnsafePointer<Scalar>, _ ldw: Int, _ x: UnsafePointer<Scalar>,
      _ y: UnsafeMutablePointer<Scalar>, _ rows: Int, _ k: Int
    ) -> Void
  package let dropout:
    (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ n: Int, _ seed: UInt64,
      _ offset: UInt64, _ keep: Double
    ) -> Void

  init(_ c: ck_f32) where Scalar == Float {
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

  init(_ c: ck_f64) where Scalar == Double {
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
