// Kernels of the layers: softmax, RMSNorm, SwiGLU, rotary embedding, cross-entropy, AdamW, dropout.

static void CK_FN(softmax)(const T *x, T *out, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; r++, x += cols, out += cols) {
    T m = CK_FN(max)(x, cols);
    EACH(cols, STORE(out, CK_FN(exp1)(LOAD(x) - m));)
    T inverse = 1 / CK_FN(sum)(out, cols);
    EACH(cols, STORE(out, LOAD(out) * inverse);)
  }
}
static void CK_FN(softmax_backward)(const T *y, const T *dy, T *dx, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    T d = CK_FN(dot)(y, dy, cols);
    EACH(cols, STORE(dx, LOAD(y) * (LOAD(dy) - d));)
  }
}

static void CK_FN(rms_norm)(const T *x, const T *w, T *out, T *rstd, size_t rows, size_t cols, T eps) {
  for (size_t r = 0; r < rows; r++, x += cols, out += cols) {
    T mean = CK_FN(dot)(x, x, cols) / (T)cols;
    T inverse = 1 / (T)(CK_DOUBLE ? sqrt(mean + eps) : sqrtf((float)(mean + eps)));
    rstd[r] = inverse;
    EACH(cols, STORE(out, LOAD(x) * inverse * LOAD(w));)
  }
}
static void CK_FN(rms_norm_backward)(const T *x, const T *w, const T *rstd, const T *dy, T *dx,
                                     size_t rows, size_t cols, int accumulate) {
  for (size_t r = 0; r < rows; r++, x += cols, dy += cols, dx += cols) {
    V s = {0};
    EACH(cols, s = LOAD(dy) * LOAD(w) * LOAD(x) + s;)
    T k = rstd[r], c = CK_FN(reduce_add)(s) / (T)cols * k * k;
    if (accumulate)
      EACH(cols, STORE(dx, LOAD(dx) + k * (LOAD(dy) * LOAD(w) - LOAD(x) * c));)
    else
      EACH(cols, STORE(dx, k * (LOAD(dy) * LOAD(w) - LOAD(x) * c));)
  }
}
static void CK_FN(rms_norm_weight)(const T *x, const T *rstd, const T *dy, T *dw, size_t rows,
                                   size_t cols) {
  for (size_t r = 0; r < rows; r++, x += cols, dy += cols)
    EACH(cols, STORE(dw, LOAD(dy) * LOAD(x) * rstd[r] + LOAD(dw));)
}

static void CK_FN(swiglu)(const T *gate, const T *up, size_t ld, T *out, size_t ldout, size_t rows,
                          size_t cols) {
  for (size_t r = 0; r < rows; r++, gate += ld, up += ld, out += ldout)
    EACH(cols, V g = LOAD(gate); STORE(out, g * CK_FN(sigmoid1)(g) * LOAD(up));)
}
static void CK_FN(swiglu_backward)(const T *gate, const T *up, size_t ld, const T *dy, size_t lddy,
                                   T *dgate, T *dup, size_t ldd, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; r++, gate += ld, up += ld, dy += lddy, dgate += ldd, dup += ldd)
    EACH(cols, V g = LOAD(gate); V s = CK_FN(sigmoid1)(g); V d = LOAD(dy);
         V u = LOAD(up); STORE(dup, d * g * s); STORE(dgate, d * u * s * ((T)1 + g * ((T)1 - s)));)
}

static void CK_FN(rope)(const T *x, size_t ldx, const T *cosine, const T *sine, T *out, size_t ldout,
                        size_t rows, size_t heads, size_t head, T sign) {
  size_t half = head / 2;
  for (size_t r = 0; r < rows; r++, x += ldx, out += ldout, cosine += half, sine += half)
    for (size_t h = 0; h < heads; h++) {
      const T *a = x + h * head;
      const T *b = a + half;
      T *oa = out + h * head;
      T *ob = oa + half;
      EACH(half, V va = LOAD(a); V vb = LOAD(b); V c = LOAD(cosine); V s = LOAD(sine) * sign;
           STORE(oa, va * c - vb * s); STORE(ob, vb * c + va * s);)
    }
}

static T CK_FN(log_sum_exp)(const T *x, size_t n) {
  T m = CK_FN(max)(x, n), s = CK_FN(sum_exp)(x, n, m);
  return m + (T)(CK_DOUBLE ? log(s) : logf((float)s));
}
static void CK_FN(cross_entropy_backward)(T *x, size_t n, T lse, size_t target, T scale) {
  EACH(n, STORE(x, CK_FN(exp1)(LOAD(x) - lse) * scale);)
  x[target] -= scale;
}

static void CK_FN(adamw)(T *p, const T *g, T *m, T *v, size_t n, T lr, T beta1, T beta2, T eps,
                         T decay, T correction1, T correction2, T gradient_scale) {
  T step = lr / correction1, keep = 1 - lr * decay;
  T root = 1 / (T)(CK_DOUBLE ? sqrt(correction2) : sqrtf((float)correction2));
  EACH(n, V gi = LOAD(g) * gradient_scale; V mi = LOAD(m) * beta1 + gi * (1 - beta1);
       V vi = LOAD(v) * beta2 + gi * gi * (1 - beta2); STORE(m, mi); STORE(v, vi);
       STORE(p, LOAD(p) * keep - step * mi / (CK_FN(sqrt1)(vi) * root + eps));)
}

// SplitMix64's finaliser (Steele, Lea and Flood 2014) of a counter: an element's fate depends on the
// seed and its index alone, so that the backward pass draws the same mask.
static void CK_FN(dropout)(const T *x, T *out, size_t n, uint64_t seed, uint64_t offset, double keep) {
  const uint64_t threshold = (uint64_t)(keep * 9007199254740992.0);
  const T inverse = (T)(1 / keep);
  for (size_t j = 0; j < n; j++) {
    uint64_t z = seed + (offset + j + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    out[j] = (z >> 11) < threshold ? x[j] * inverse : 0;
  }
}
