// The loops over rows: norms, quantisation of activations, SwiGLU, low-rank updates.

typedef int8_t CK_FN(Q) __attribute__((vector_size(16)));
typedef int8_t CK_FN(QU) __attribute__((vector_size(16), aligned(1)));

static void CK_FN(quantise)(const float *x, size_t k, void *row) {
  const size_t blocks = blocks_of(k);
  int8_t *elements = row;
  float *scales = (float *)row_scales(row, blocks), *scaled = (float *)row_scaled_sums(row, blocks);
  int32_t *sums = (int32_t *)row_sums(row, blocks);
  const float magic = 12582912.0f;
  for (size_t b = 0; b < blocks; b++, x += CK_BLOCK, k -= CK_BLOCK) {
    V low = CK_FN(load_some)(x, k), high = {0};
    if (k > 16) high = CK_FN(load_some)(x + 16, k - 16);
    // As integers, magnitudes are ordered, and what is not a number is above all of them.
    N a = (N)low & 0x7fffffff, c = (N)high & 0x7fffffff;
    uint32_t bits = CK_FN(reduce_max_int)(__builtin_elementwise_max(a, c));
    float largest;
    memcpy(&largest, &bits, 4);
    float scale = largest / 127, inverse = 127 / largest;
    if (largest < 1e-30f) scale = inverse = 0;
    I p = (I)CK_FN(fma1)(low, CK_FN(set)(inverse), CK_FN(set)(magic)) - (I)CK_FN(set)(magic);
    I q = (I)CK_FN(fma1)(high, CK_FN(set)(inverse), CK_FN(set)(magic)) - (I)CK_FN(set)(magic);
    *(CK_FN(QU) *)(elements + CK_BLOCK * b) = __builtin_convertvector(p, CK_FN(Q));
    *(CK_FN(QU) *)(elements + CK_BLOCK * b + 16) = __builtin_convertvector(q, CK_FN(Q));
    sums[2 * b] = CK_FN(reduce_add_int)(p);
    sums[2 * b + 1] = CK_FN(reduce_add_int)(q);
    scales[b] = scale;
    scaled[b] = scale * (float)(sums[2 * b] + sums[2 * b + 1]);
  }
}

// Σ x², in 4 by 16 partial sums.
INLINE float CK_FN(square_sum)(const float *x, size_t n) {
  V s[4] = {{0}};
  size_t i = 0;
  for (; i + 64 <= n; i += 64)
    for (size_t j = 0; j < 4; j++) {
      V v = CK_FN(load)(x + i + 16 * j);
      s[j] = CK_FN(fma1)(v, v, s[j]);
    }
  for (size_t j = 0; i < n; i += 16, j++) {
    V v = CK_FN(load_some)(x + i, n - i);
    s[j] = CK_FN(fma1)(v, v, s[j]);
  }
  return CK_FN(reduce_add)((s[0] + s[1]) + (s[2] + s[3]));
}

INLINE void CK_FN(scale_by_norm)(const float *x, const float *w, size_t n, float epsilon, float *out) {
  float mean = CK_FN(square_sum)(x, n) / (float)n;
  float inverse = 1 / __builtin_sqrtf(mean + epsilon);
  for (size_t i = 0; i < n; i += 16) {
    V v = CK_FN(load_some)(x + i, n - i) * inverse * CK_FN(load_some)(w + i, n - i);
    CK_FN(store_some)(out + i, v, n - i);
  }
}

static void CK_FN(add_norm)(float *h, const float *t, const float *w, size_t n, float epsilon, float *out) {
  if (t)
    for (size_t i = 0; i < n; i += 16)
      CK_FN(store_some)(h + i, CK_FN(load_some)(h + i, n - i) + CK_FN(load_some)(t + i, n - i), n - i);
  CK_FN(scale_by_norm)(h, w, n, epsilon, out);
}

static void CK_FN(swiglu)(const float *gate, const float *up, size_t n, float *out) {
  for (size_t i = 0; i < n; i += 16) {
    V g = CK_FN(load_some)(gate + i, n - i), u = CK_FN(load_some)(up + i, n - i);
    V s = 1.0f / (1.0f + CK_FN(exp1)(-g));
    CK_FN(store_some)(out + i, g * s * u, n - i);
  }
}

INLINE V CK_FN(load_number)(size_t number, const void *p, size_t i) {
  return number == 2 ? CK_FN(load_half)((const uint16_t *)p + i) : CK_FN(load)((const float *)p + i);
}
INLINE V CK_FN(load_numbers)(size_t number, const void *p, size_t i, size_t n) {
  if (n >= 16) return CK_FN(load_number)(number, p, i);
  if (number == 4) return CK_FN(load_tail)((const float *)p + i, n);
  H half = {0};
  memcpy(&half, (const uint16_t *)p + i, 2 * n);
  return CK_FN(widen)(half);
}

INLINE void CK_FN(shrink_of)(size_t number, const void *a, size_t rank, size_t k, const float *x, float *u) {
  for (size_t r = 0; r < rank; r++) {
    V s[4] = {{0}};
    const size_t at = r * k;
    size_t i = 0;
    for (; i + 64 <= k; i += 64)
      for (size_t j = 0; j < 4; j++)
        s[j] = CK_FN(fma1)(CK_FN(load_number)(number, a, at + i + 16 * j), CK_FN(load)(x + i + 16 * j), s[j]);
    for (size_t j = 0; i < k; i += 16, j++)
      s[j] = CK_FN(fma1)(CK_FN(load_numbers)(number, a, at + i, k - i), CK_FN(load_some)(x + i, k - i), s[j]);
    u[r] = CK_FN(reduce_add)((s[0] + s[1]) + (s[2] + s[3]));
  }
}
static void CK_FN(shrink)(size_t number, const void *a, size_t rank, size_t k, const float *x, float *u) {
  if (number == 2)
    CK_FN(shrink_of)(2, a, rank, k, x, u);
  else
    CK_FN(shrink_of)(4, a, rank, k, x, u);
}

INLINE void CK_FN(expand_of)(size_t number, const void *b, size_t ldb, size_t rank, size_t n, const float *u,
                             float *y) {
  size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    V s[4] = {{0}};
    for (size_t r = 0; r < rank; r++)
      for (size_t j = 0; j < 4; j++)
        s[j] = CK_FN(fma1)(CK_FN(load_number)(number, b, r * ldb + i + 16 * j), CK_FN(set)(u[r]), s[j]);
    for (size_t j = 0; j < 4; j++) CK_FN(store)(y + i + 16 * j, CK_FN(load)(y + i + 16 * j) + s[j]);
  }
  for (; i < n; i += 16) {
    V s = {0};
    for (size_t r = 0; r < rank; r++)
      s = CK_FN(fma1)(CK_FN(load_numbers)(number, b, r * ldb + i, n - i), CK_FN(set)(u[r]), s);
    CK_FN(store_some)(y + i, CK_FN(load_some)(y + i, n - i) + s, n - i);
  }
}
static void CK_FN(expand)(size_t number, const void *b, size_t ldb, size_t rank, size_t n, const float *u,
                          float *y) {
  if (number == 2)
    CK_FN(expand_of)(2, b, ldb, rank, n, u, y);
  else
    CK_FN(expand_of)(4, b, ldb, rank, n, u, y);
}
