// Kernels of attention over tiles of scores, and the matrix-vector product of decoding.

static void CK_FN(attention_softmax)(T *s, size_t lds, size_t rows, size_t cols, const int32_t *low,
                                     const int32_t *high, T scale, T *m, T *l, T *o, size_t ldo,
                                     size_t head) {
  for (size_t r = 0; r < rows; r++, s += lds, o += ldo) {
    size_t from = (size_t)low[r], to = (size_t)high[r];
    if (from >= to) {
      memset(s, 0, cols * sizeof(T));
      continue;
    }
    memset(s, 0, from * sizeof(T));
    memset(s + to, 0, (cols - to) * sizeof(T));
    T *x = s + from;
    size_t n = to - from;
    T best = CK_FN(max)(x, n) * scale, previous = m[r];
    T next = best > previous ? best : previous;
    EACH(n, STORE(x, CK_FN(exp1)(LOAD(x) * scale - next));)
    T total = CK_FN(sum)(x, n);
    if (next > previous) {
      T alpha = previous == (T)-INFINITY
                    ? 0
                    : (T)(CK_DOUBLE ? exp(previous - next) : expf((float)(previous - next)));
      EACH(head, STORE(o, LOAD(o) * alpha);)
      l[r] = l[r] * alpha + total;
      m[r] = next;
    } else {
      l[r] += total;
    }
  }
}
static void CK_FN(attention_probabilities)(T *s, size_t lds, size_t rows, size_t cols,
                                           const int32_t *low, const int32_t *high, T scale,
                                           const T *lse) {
  for (size_t r = 0; r < rows; r++, s += lds) {
    size_t from = (size_t)low[r], to = (size_t)high[r];
    if (from >= to) {
      memset(s, 0, cols * sizeof(T));
      continue;
    }
    memset(s, 0, from * sizeof(T));
    memset(s + to, 0, (cols - to) * sizeof(T));
    T *x = s + from;
    T shift = lse[r];
    EACH(to - from, STORE(x, CK_FN(exp1)(LOAD(x) * scale - shift));)
  }
}
static void CK_FN(attention_scores_backward)(const T *p, T *dp, size_t ld, size_t rows, size_t cols,
                                             T scale, const T *delta) {
  for (size_t r = 0; r < rows; r++, p += ld, dp += ld) {
    T d = delta[r];
    EACH(cols, STORE(dp, LOAD(p) * (LOAD(dp) - d) * scale);)
  }
}

static void CK_FN(gemv)(const T *w, size_t ldw, const T *x, T *y, size_t rows, size_t k) {
  for (size_t r = 0; r < rows; r++) y[r] = CK_FN(dot)(w + r * ldw, x, k);
}
