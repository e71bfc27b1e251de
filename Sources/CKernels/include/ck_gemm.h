#ifndef CK_GEMM_H
#define CK_GEMM_H
/// Matrix products for AVX-512, on one thread and in the caller's memory.
///
/// Every element of a result is summed in an order that the inner extent alone decides, however the
/// rows and columns are cut into calls (products of at most `CK_GEMM_THIN` rows, which are dot products,
/// have an order of their own). The caller makes sure that `ck_detect_isa` is `CK_AVX512`.
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Columns of a packed panel of B.
#define CK_GEMM_PANEL 32
/// Up to this many rows, a product with a transposed B reads B once and packs nothing.
#define CK_GEMM_THIN 14

/// `C = alpha op(A) op(B) + beta C`, row-major, `ld…` in elements. C is not read when beta is 0.
typedef struct ck_gemm_f32_call {
  int transposes_a, transposes_b;
  size_t m, n, k;
  float alpha;
  const float *a;
  size_t lda;
  const float *b;
  size_t ldb;
  float beta;
  float *c;
  size_t ldc;
} ck_gemm_f32_call;

/// Bytes that `ck_gemm_f32` needs as `workspace`, aligned to 64; often 0.
size_t ck_gemm_f32_workspace(const ck_gemm_f32_call *call);
/// Bytes that `ck_gemm_f32_packed` needs.
size_t ck_gemm_f32_packed_workspace(void);

/// How many steps of the inner extent `k` are summed before the sum is added to C.
size_t ck_gemm_f32_depth(size_t k);

void ck_gemm_f32(const ck_gemm_f32_call *call, void *_Nullable workspace);

/// Packs `k` rows and `n` columns of op(B) into panels of 32 columns, `ceil(n / 32) * 32 * k` elements.
void ck_gemm_f32_pack(int transposes_b, const float *b, size_t ldb, size_t k, size_t n, float *out);

/// `ck_gemm_f32` with `call.b` packed by `ck_gemm_f32_pack`. When `call.k` is a part of a longer sum, it
/// must be a whole number of `depth` (the longer sum's `ck_gemm_f32_depth`), except for the last part.
void ck_gemm_f32_packed(const ck_gemm_f32_call *call, size_t depth, void *workspace);

/// Products with a matrix that was packed once in bf16: operands rounded to nearest even (magnitudes below
/// 2^-126 to zero), sums in f32.
///
/// Elements of two neighbouring steps of k lie side by side, in panels of 32 columns.

/// Whether the processor multiplies pairs of bf16 (AVX-512 BF16).
int ck_gemm_bf16_detect(void);

/// Elements of a packed op(B) of `k` rows and `n` columns.
size_t ck_gemm_bf16_packed_count(size_t k, size_t n);
/// Packs columns `[from, to)` of op(B); `from` is a multiple of 32, `out` the start of the whole.
void ck_gemm_bf16_pack(int transposes_b, const float *b, size_t ldb, size_t k, size_t from, size_t to,
                       uint16_t *out);

/// `C = A B + beta C` with A `[m, k]` and columns `[from, to)` of a packed B; `c` is the first of them, and
/// `from` a multiple of 32.
typedef struct ck_gemm_bf16_call {
  size_t m, k, from, to;
  const float *a;
  size_t lda;
  const uint16_t *b;
  float beta;
  float *c;
  size_t ldc;
} ck_gemm_bf16_call;

/// Bytes that both need as `workspace`, aligned to 64.
size_t ck_gemm_bf16_workspace(void);
/// Only where `ck_gemm_bf16_detect` says so.
void ck_gemm_bf16(const ck_gemm_bf16_call *call, void *workspace);
/// The same on any processor; steps are added one by one, where the other adds them in pairs.
void ck_gemm_bf16_portable(const ck_gemm_bf16_call *call, void *workspace);

#pragma clang assume_nonnull end
#endif
