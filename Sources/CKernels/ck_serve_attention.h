// Attention over pages of 32 positions, in the order of the pages, with an online softmax (Milakov and Gimelshein
// 2018). Which positions a page has depends on nothing but the position, so that a query's sums are the same however
// its sequence was cut into steps.

INLINE void CK_FN(rotate)(float *x, const float *cosine, const float *sine, size_t head) {
  const size_t half = head / 2;
  for (size_t i = 0; i < half; i += 16) {
    const size_t n = half - i;
    V a = CK_FN(load_some)(x + i, n), b = CK_FN(load_some)(x + half + i, n);
    V c = CK_FN(load_some)(cosine + i, n), s = CK_FN(load_some)(sine + i, n);
    CK_FN(store_some)(x + i, CK_FN(fma1)(a, c, -(b * s)), n);
    CK_FN(store_some)(x + half + i, CK_FN(fma1)(b, c, a * s), n);
  }
}

static void CK_FN(append)(const ck_append *c) {
  const size_t head = c->head, padded = (head + 15) / 16 * 16;
  for (size_t g = 0; g < c->group; g++) {
    if (c->q_norm) CK_FN(scale_by_norm)(c->q + g * head, c->q_norm, head, c->epsilon, c->q + g * head);
    CK_FN(rotate)(c->q + g * head, c->cosine, c->sine, head);
  }
  if (c->k_norm) CK_FN(scale_by_norm)(c->k, c->k_norm, head, c->epsilon, c->k);
  CK_FN(rotate)(c->k, c->cosine, c->sine, head);
  for (size_t i = 0; i < padded; i += 16) {
    const size_t n = head - i < 16 ? head - i : 16;
    V k = CK_FN(load_some)(c->k + i, n), v = CK_FN(load_some)(c->v + i, n);
    const size_t at = CK_PAGE * head + c->slot * padded + i;
    if (c->number == 2) {
      H narrow = CK_FN(narrow)(k);
      uint16_t *page = c->page;
      for (size_t j = 0; j < n; j++) page[CK_PAGE * (i + j) + c->slot] = narrow[j];
      *(CK_FN(HU) *)(page + at) = CK_FN(narrow)(v);
    } else {
      float *page = c->page;
      for (size_t j = 0; j < n; j++) page[CK_PAGE * (i + j) + c->slot] = k[j];
      CK_FN(store)(page + at, v);
    }
  }
}

// What is known of a query so far: the sum of values, then the largest score and the sum of weights.
typedef struct CK_FN(query) {
  const float *q;
  float *state;
} CK_FN(query);

// Asks for `bytes` at an offset of the next page: pages lie far apart, so that the processor does not find it alone.
INLINE void CK_FN(ask)(const char *next, size_t offset, size_t bytes) {
  if (!next) return;
  for (size_t line = 0; line < bytes; line += 64) __builtin_prefetch(next + offset + line);
}

// Weights of a page's positions [low, high) for `count` queries, and the state's change of scale.
INLINE void CK_FN(weights)(const size_t number, const size_t count, const CK_FN(query) *queries, const void *keys,
                           const char *next, size_t head, size_t padded, size_t low, size_t high, float scale,
                           float weights[][CK_PAGE], float *factors) {
  V even[4][2], odd[4][2];
#pragma clang loop unroll(full)
  for (size_t q = 0; q < count; q++) even[q][0] = even[q][1] = odd[q][0] = odd[q][1] = (V){0};
  for (size_t d = 0; d < head; d += 2) {
    CK_FN(ask)(next, CK_PAGE * d * number, 2 * CK_PAGE * number);
    V a0 = CK_FN(load_number)(number, keys, CK_PAGE * d), a1 = CK_FN(load_number)(number, keys, CK_PAGE * d + 16);
    V b0 = CK_FN(load_number)(number, keys, CK_PAGE * d + 32), b1 = CK_FN(load_number)(number, keys, CK_PAGE * d + 48);
#pragma clang loop unroll(full)
    for (size_t q = 0; q < count; q++) {
      V x = CK_FN(set)(queries[q].q[d]), y = CK_FN(set)(queries[q].q[d + 1]);
      even[q][0] = CK_FN(fma1)(x, a0, even[q][0]);
      even[q][1] = CK_FN(fma1)(x, a1, even[q][1]);
      odd[q][0] = CK_FN(fma1)(y, b0, odd[q][0]);
      odd[q][1] = CK_FN(fma1)(y, b1, odd[q][1]);
    }
  }
  const I lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const I seen0 = (lanes >= (int32_t)low) & (lanes < (int32_t)high);
  const I seen1 = (lanes + 16 >= (int32_t)low) & (lanes + 16 < (int32_t)high);
  const V nothing = CK_FN(set)(-__builtin_inff());
#pragma clang loop unroll(full)
  for (size_t q = 0; q < count; q++) {
    V s0 = CK_FN(select)(seen0, (even[q][0] + odd[q][0]) * scale, nothing);
    V s1 = CK_FN(select)(seen1, (even[q][1] + odd[q][1]) * scale, nothing);
    float *largest = queries[q].state + padded, *total = largest + 1;
    float best = CK_FN(reduce_max)(CK_FN(vmax)(s0, s1));
    factors[q] = 1;
    if (best > *largest) {
      factors[q] = CK_FN(exp1)(CK_FN(set)(*largest - best))[0];
      *largest = best;
    }
    V w0 = CK_FN(select)(seen0, CK_FN(exp1)(s0 - *largest), (V){0});
    V w1 = CK_FN(select)(seen1, CK_FN(exp1)(s1 - *largest), (V){0});
    CK_FN(store)(weights[q], w0);
    CK_FN(store)(weights[q] + 16, w1);
    *total = *total * factors[q] + CK_FN(reduce_add)(w0 + w1);
  }
}

// Adds `weights · values` for `width` vectors of the head from `at` on.
INLINE void CK_FN(add_values)(const size_t number, const size_t count, const size_t width,
                              const CK_FN(query) *queries, const void *values, const char *next, size_t at,
                              size_t padded, size_t low, size_t high, float weights[][CK_PAGE],
                              const float *factors) {
  V acc[4][4];
#pragma clang loop unroll(full)
  for (size_t q = 0; q < count; q++)
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) acc[q][j] = CK_FN(load)(queries[q].state + at + 16 * j) * factors[q];
  for (size_t t = low; t < high; t++) {
    CK_FN(ask)(next, (t * padded + at) * number, 16 * width * number);
    V v[4];
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) v[j] = CK_FN(load_number)(number, values, t * padded + at + 16 * j);
#pragma clang loop unroll(full)
    for (size_t q = 0; q < count; q++) {
      V w = CK_FN(set)(weights[q][t]);
#pragma clang loop unroll(full)
      for (size_t j = 0; j < width; j++) acc[q][j] = CK_FN(fma1)(w, v[j], acc[q][j]);
    }
  }
#pragma clang loop unroll(full)
  for (size_t q = 0; q < count; q++)
#pragma clang loop unroll(full)
    for (size_t j = 0; j < width; j++) CK_FN(store)(queries[q].state + at + 16 * j, acc[q][j]);
}

// `next`: the same place of the page that is seen next, if it is still to be asked for.
INLINE void CK_FN(see_page)(const size_t number, const size_t count, const CK_FN(query) *queries, const void *page,
                            const char *next, size_t head, size_t padded, size_t low, size_t high, float scale) {
  float weights[4][CK_PAGE], factors[4];
  CK_FN(weights)(number, count, queries, page, next, head, padded, low, high, scale, weights, factors);
  const size_t keys = CK_PAGE * head * number;
  const void *values = (const char *)page + keys;
  if (next) next += keys;
  size_t at = 0;
  for (; at + 64 <= padded; at += 64)
    CK_FN(add_values)(number, count, 4, queries, values, next, at, padded, low, high, weights, factors);
  for (; at < padded; at += 16)
    CK_FN(add_values)(number, count, 1, queries, values, next, at, padded, low, high, weights, factors);
}

INLINE void CK_FN(attend_number)(const size_t number, const ck_attention *c) {
  const size_t head = c->head, padded = (head + 15) / 16 * 16, count = c->rows * c->group;
  for (size_t q = 0; q < count; q++) {
    float *state = c->workspace + q * (padded + 2);
    memset(state, 0, (padded + 2) * sizeof(float));
    state[padded] = -__builtin_inff();
  }
  const size_t end = c->position + c->rows;
  const size_t start = c->window && c->position + 1 > c->window ? c->position + 1 - c->window : 0;
  for (size_t p = start / CK_PAGE; p * CK_PAGE < end; p++) {
    const size_t base = p * CK_PAGE;
    CK_FN(query) some[4];
    const char *next = base + CK_PAGE < end ? (const char *)c->pages[p + 1] + c->offset : 0;
    size_t held = 0, low = 0, high = 0;
    // Queries that see the same positions of the page are computed together.
    for (size_t q = 0; q <= count; q++) {
      size_t from = 0, to = 0;
      if (q < count) {
        const size_t after = c->position + q / c->group + 1;
        const size_t first = c->window && after > c->window ? after - c->window : 0;
        from = first > base ? (first - base < CK_PAGE ? first - base : CK_PAGE) : 0;
        to = after > base ? (after - base < CK_PAGE ? after - base : CK_PAGE) : 0;
      }
      if (held > 0 && (held == 4 || q == count || from != low || to != high)) {
        const void *page = (const char *)c->pages[p] + c->offset;
        if (held == 4) CK_FN(see_page)(number, 4, some, page, next, head, padded, low, high, c->scale);
        if (held == 3) CK_FN(see_page)(number, 3, some, page, next, head, padded, low, high, c->scale);
        if (held == 2) CK_FN(see_page)(number, 2, some, page, next, head, padded, low, high, c->scale);
        if (held == 1) CK_FN(see_page)(number, 1, some, page, next, head, padded, low, high, c->scale);
        held = 0;
        next = 0;
      }
      if (q == count || from >= to) continue;
      some[held].q = c->q + q / c->group * c->ldq + q % c->group * head;
      some[held++].state = c->workspace + q * (padded + 2);
      low = from;
      high = to;
    }
  }
  for (size_t q = 0; q < count; q++) {
    const float *state = c->workspace + q * (padded + 2);
    float *out = c->out + q / c->group * c->ldo + q % c->group * head;
    for (size_t i = 0; i < head; i += 16)
      CK_FN(store_some)(out + i, CK_FN(load)(state + i) / state[padded + 1], head - i);
  }
}

static void CK_FN(attend)(const ck_attention *c) {
  if (c->number == 2)
    CK_FN(attend_number)(2, c);
  else
    CK_FN(attend_number)(4, c);
}
