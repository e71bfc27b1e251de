// Every kernel of ck.h, once. Included by one file per instruction set and scalar type.
#include "ck_vector.h"

// Runs `body` over whole vectors and then over the tail; inside, LOAD and STORE know which it is.
#define EACH(n, body)                                                                               \
  {                                                                                                 \
    size_t i = 0;                                                                                   \
    for (; i + LANES <= (n); i += LANES) {                                                          \
      const size_t count = LANES;                                                                   \
      (void)count;                                                                                  \
      body                                                                                          \
    }                                                                                               \
    if (i < (n)) {                                                                                  \
      const size_t count = (n)-i;                                                                   \
      body                                                                                          \
    }                                                                                               \
  }
#define LOAD(p) (count == LANES ? CK_FN(load)((p) + i) : CK_FN(load_tail)((p) + i, count))
#define STORE(p, v)                                                                                 \
  do {                                                                                              \
    V stored = (v);                                                                                 \
    if (count == LANES)                                                                             \
      CK_FN(store)((p) + i, stored);                                                                \
    else                                                                                            \
      CK_FN(store_tail)((p) + i, stored, count);                                                    \
  } while (0)

static void CK_FN(add)(const T *a, const T *b, T *out, size_t n) {
  EACH(n, STORE(out, LOAD(a) + LOAD(b));)
}
static void CK_FN(subtract)(const T *a, const T *b, T *out, size_t n) {
  EACH(n, STORE(out, LOAD(a) - LOAD(b));)
}
static void CK_FN(multiply)(const T *a, const T *b, T *out, size_t n) {
  EACH(n, STORE(out, LOAD(a) * LOAD(b));)
}
static void CK_FN(divide)(const T *a, const T *b, T *out, size_t n) {
  EACH(n, STORE(out, LOAD(a) / LOAD(b));)
}
static void CK_FN(scale)(T alpha, const T *x, T *out, size_t n) {
  EACH(n, STORE(out, LOAD(x) * alpha);)
}
static void CK_FN(axpy)(T alpha, const T *x, T *y, size_t n) {
  EACH(n, STORE(y, LOAD(x) * alpha + LOAD(y));)
}
static void CK_FN(exp)(const T *x, T *out, size_t n) { EACH(n, STORE(out, CK_FN(exp1)(LOAD(x)));) }
static void CK_FN(sigmoid)(const T *x, T *out, size_t n) {
  EACH(n, STORE(out, CK_FN(sigmoid1)(LOAD(x)));)
}
static void CK_FN(sqrt)(const T *x, T *out, size_t n) {
  EACH(n, STORE(out, CK_FN(sqrt1)(LOAD(x)));)
}
static void CK_FN(log)(const T *x, T *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = (T)(CK_DOUBLE ? log(x[i]) : logf((float)x[i]));
}

// Four accumulators: enough to hide the latency of an addition, and the same order for every caller.
static T CK_FN(sum)(const T *x, size_t n) {
  V s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  size_t j = 0;
  for (; j + 4 * LANES <= n; j += 4 * LANES) {
    s0 += CK_FN(load)(x + j);
    s1 += CK_FN(load)(x + j + LANES);
    s2 += CK_FN(load)(x + j + 2 * LANES);
    s3 += CK_FN(load)(x + j + 3 * LANES);
  }
  x += j;
  EACH(n - j, s0 += LOAD(x);)
  return CK_FN(reduce_add)((s0 + s1) + (s2 + s3));
}
static T CK_FN(dot)(const T *a, const T *b, size_t n) {
  V s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  size_t j = 0;
  for (; j + 4 * LANES <= n; j += 4 * LANES) {
    s0 = CK_FN(load)(a + j) * CK_FN(load)(b + j) + s0;
    s1 = CK_FN(load)(a + j + LANES) * CK_FN(load)(b + j + LANES) + s1;
    s2 = CK_FN(load)(a + j + 2 * LANES) * CK_FN(load)(b + j + 2 * LANES) + s2;
    s3 = CK_FN(load)(a + j + 3 * LANES) * CK_FN(load)(b + j + 3 * LANES) + s3;
  }
  a += j;
  b += j;
  EACH(n - j, s0 = LOAD(a) * LOAD(b) + s0;)
  return CK_FN(reduce_add)((s0 + s1) + (s2 + s3));
}
static T CK_FN(max)(const T *x, size_t n) {
  V m = CK_FN(set)((T)-INFINITY);
  size_t j = 0;
  for (; j + LANES <= n; j += LANES) m = CK_FN(vmax)(CK_FN(load)(x + j), m);
  T result = CK_FN(reduce_max)(m);
  for (; j < n; j++) result = x[j] > result ? x[j] : result;
  return result;
}
static T CK_FN(sum_exp)(const T *x, size_t n, T shift) {
  V s = {0};
  size_t j = 0;
  for (; j + LANES <= n; j += LANES) s += CK_FN(exp1)(CK_FN(load)(x + j) - shift);
  T result = CK_FN(reduce_add)(s);
  if (j < n) {
    V e = CK_FN(exp1)(CK_FN(load_tail)(x + j, n - j) - shift);
    for (size_t k = 0; k < n - j; k++) result += e[k];
  }
  return result;
}

static void CK_FN(add_row)(const T *x, const T *b, T *out, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; r++, x += cols, out += cols) EACH(cols, STORE(out, LOAD(x) + LOAD(b));)
}
static void CK_FN(multiply_row)(const T *x, const T *w, T *out, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; r++, x += cols, out += cols) EACH(cols, STORE(out, LOAD(x) * LOAD(w));)
}
static void CK_FN(multiply_column)(const T *x, const T *s, T *out, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; r++, x += cols, out += cols) EACH(cols, STORE(out, LOAD(x) * s[r]);)
}
static void CK_FN(row_sum)(const T *x, T *out, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; r++) out[r] = CK_FN(sum)(x + r * cols, cols);
}
static void CK_FN(column_sum)(const T *x, T *out, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; r++, x += cols) EACH(cols, STORE(out, LOAD(out) + LOAD(x));)
}

#include "ck_template_layers.h"
#include "ck_template_attention.h"

static const CK_TABLE CK_FN(table) = {
    .add = CK_FN(add),
    .subtract = CK_FN(subtract),
    .multiply = CK_FN(multiply),
    .divide = CK_FN(divide),
    .scale = CK_FN(scale),
    .axpy = CK_FN(axpy),
    .exp = CK_FN(exp),
    .log = CK_FN(log),
    .sqrt = CK_FN(sqrt),
    .sigmoid = CK_FN(sigmoid),
    .sum = CK_FN(sum),
    .dot = CK_FN(dot),
    .max = CK_FN(max),
    .add_row = CK_FN(add_row),
    .multiply_row = CK_FN(multiply_row),
    .multiply_column = CK_FN(multiply_column),
    .row_sum = CK_FN(row_sum),
    .column_sum = CK_FN(column_sum),
    .softmax = CK_FN(softmax),
    .softmax_backward = CK_FN(softmax_backward),
    .rms_norm = CK_FN(rms_norm),
    .rms_norm_backward = CK_FN(rms_norm_backward),
    .rms_norm_weight = CK_FN(rms_norm_weight),
    .swiglu = CK_FN(swiglu),
    .swiglu_backward = CK_FN(swiglu_backward),
    .rope = CK_FN(rope),
    .attention_softmax = CK_FN(attention_softmax),
    .attention_probabilities = CK_FN(attention_probabilities),
    .attention_scores_backward = CK_FN(attention_scores_backward),
    .log_sum_exp = CK_FN(log_sum_exp),
    .cross_entropy_backward = CK_FN(cross_entropy_backward),
    .adamw = CK_FN(adamw),
    .gemv = CK_FN(gemv),
    .dropout = CK_FN(dropout),
};
