#ifndef CK_H
#define CK_H
/// The few loops whose instruction set is chosen at run time.
///
/// Plain functions over caller-owned memory: no state, no allocation. Every kernel exists once, as a
/// template over 64-byte vectors (`ck_template.h`), compiled for each instruction set; the portable
/// table is the reference that tests compare the others with. Unless a parameter is named `out` beside an
/// input of the same name in place ("may alias"), buffers must not overlap.
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Instruction sets, in order of preference.
typedef enum ck_isa { CK_PORTABLE = 0, CK_AVX2 = 1, CK_AVX512 = 2 } ck_isa;

/// The best instruction set of this processor.
ck_isa ck_detect_isa(void);

/// Tells the processor that this is a spin loop.
void ck_pause(void);

/// The kernels for one scalar type `T`. Lengths are in elements, `ld…` are row strides in elements.
/// Elementwise outputs may alias their inputs.
#define CK_DECLARE_TABLE(T, TABLE)                                                                  \
  typedef struct TABLE {                                                                            \
    void (*_Nonnull add)(const T *a, const T *b, T *out, size_t n);                                 \
    void (*_Nonnull subtract)(const T *a, const T *b, T *out, size_t n);                            \
    void (*_Nonnull multiply)(const T *a, const T *b, T *out, size_t n);                            \
    void (*_Nonnull divide)(const T *a, const T *b, T *out, size_t n);                              \
    /* out = alpha x */                                                                             \
    void (*_Nonnull scale)(T alpha, const T *x, T *out, size_t n);                                  \
    /* y += alpha x */                                                                              \
    void (*_Nonnull axpy)(T alpha, const T *x, T *y, size_t n);                                     \
    void (*_Nonnull exp)(const T *x, T *out, size_t n);                                             \
    void (*_Nonnull log)(const T *x, T *out, size_t n);                                             \
    void (*_Nonnull sqrt)(const T *x, T *out, size_t n);                                            \
    void (*_Nonnull sigmoid)(const T *x, T *out, size_t n);                                         \
    T (*_Nonnull sum)(const T *x, size_t n);                                                        \
    T (*_Nonnull dot)(const T *a, const T *b, size_t n);                                            \
    T (*_Nonnull max)(const T *x, size_t n);                                                        \
    /* out[r,c] = x[r,c] + b[c]; may alias */                                                       \
    void (*_Nonnull add_row)(const T *x, const T *b, T *out, size_t rows, size_t cols);             \
    /* out[r,c] = x[r,c] * w[c]; may alias */                                                       \
    void (*_Nonnull multiply_row)(const T *x, const T *w, T *out, size_t rows, size_t cols);        \
    /* out[r,c] = x[r,c] * s[r]; may alias */                                                       \
    void (*_Nonnull multiply_column)(const T *x, const T *s, T *out, size_t rows, size_t cols);     \
    /* out[r] = sum over c of x[r,c] */                                                             \
    void (*_Nonnull row_sum)(const T *x, T *out, size_t rows, size_t cols);                         \
    /* out[c] += sum over r of x[r,c], rows in order */                                             \
    void (*_Nonnull column_sum)(const T *x, T *out, size_t rows, size_t cols);                      \
    void (*_Nonnull softmax)(const T *x, T *out, size_t rows, size_t cols);                         \
    /* dx = y (dy - sum(y dy)) */                                                                   \
    void (*_Nonnull softmax_backward)(const T *y, const T *dy, T *dx, size_t rows, size_t cols);    \
    void (*_Nonnull rms_norm)(const T *x, const T *w, T *out, T *rstd, size_t rows, size_t cols,    \
                              T eps);                                                               \
    /* dx (+)= rstd (w dy - x rstd^2 mean(w dy x)) */                                               \
    void (*_Nonnull rms_norm_backward)(const T *x, const T *w, const T *rstd, const T *dy, T *dx,   \
                                       size_t rows, size_t cols, int accumulate);                   \
    /* dw[c] += sum over r of dy[r,c] x[r,c] rstd[r] */                                             \
    void (*_Nonnull rms_norm_weight)(const T *x, const T *rstd, const T *dy, T *dw, size_t rows,    \
                                     size_t cols);                                                  \
    /* out = silu(gate) up */                                                                       \
    void (*_Nonnull swiglu)(const T *gate, const T *up, size_t ld, T *out, size_t ldout,            \
                            size_t rows, size_t cols);                                              \
    void (*_Nonnull swiglu_backward)(const T *gate, const T *up, size_t ld, const T *dy,            \
                                     size_t lddy, T *dgate, T *dup, size_t ldd, size_t rows,        \
                                     size_t cols);                                                  \
    /* Rotates halves of each head: (a, b) -> (a cos - b sin, b cos + a sin); sign -1 inverts.      \
       `cosine` and `sine` are [rows, head/2]; may alias. */                                        \
    void (*_Nonnull rope)(const T *x, size_t ldx, const T *cosine, const T *sine, T *out,           \
                          size_t ldout, size_t rows, size_t heads, size_t head, T sign);            \
    /* One tile of online softmax. Row r keeps columns [low[r], high[r]); the others become 0.      \
       s becomes exp(scale s - m'), m and l are updated, o is rescaled by exp(m - m'). */           \
    void (*_Nonnull attention_softmax)(T *s, size_t lds, size_t rows, size_t cols,                  \
                                       const int32_t *low, const int32_t *high, T scale, T *m,      \
                                       T *l, T *o, size_t ldo, size_t head);                        \
    /* s becomes exp(scale s - lse[r]) inside [low[r], high[r]), 0 outside. */                      \
    void (*_Nonnull attention_probabilities)(T *s, size_t lds, size_t rows, size_t cols,            \
                                             const int32_t *low, const int32_t *high, T scale,      \
                                             const T *lse);                                         \
    /* ds = scale p (dp - delta[r]), into dp */                                                     \
    void (*_Nonnull attention_scores_backward)(const T *p, T *dp, size_t ld, size_t rows,           \
                                               size_t cols, T scale, const T *delta);               \
    /* log(sum(exp(x))) */                                                                          \
    T (*_Nonnull log_sum_exp)(const T *x, size_t n);                                                \
    /* x becomes scale (softmax(x) - onehot(target)) */                                             \
    void (*_Nonnull cross_entropy_backward)(T *x, size_t n, T lse, size_t target, T scale);         \
    /* One AdamW step (Loshchilov & Hutter 2019, algorithm 2, as torch.optim.AdamW). */             \
    void (*_Nonnull adamw)(T *p, const T *g, T *m, T *v, size_t n, T lr, T beta1, T beta2, T eps,   \
                           T decay, T correction1, T correction2, T gradient_scale);                \
    /* y[r] = dot(w[r,:], x) */                                                                     \
    void (*_Nonnull gemv)(const T *w, size_t ldw, const T *x, T *y, size_t rows, size_t k);         \
    /* out[i] = x[i] / keep where hash(seed, offset + i) < keep, else 0; may alias */               \
    void (*_Nonnull dropout)(const T *x, T *out, size_t n, uint64_t seed, uint64_t offset,          \
                             double keep);                                                          \
  } TABLE;

CK_DECLARE_TABLE(float, ck_f32)
CK_DECLARE_TABLE(double, ck_f64)

/// The table for `isa`; the caller makes sure that the processor has it.
const ck_f32 *ck_f32_kernels(ck_isa isa);
/// Double precision is for gradient checks: one table.
const ck_f64 *ck_f64_kernels(void);

#pragma clang assume_nonnull end
#endif
