// Products of rows in blocks with tiles in blocks. Needs DOT(sums, elements, four): to each of 16 sums the products of
// its four unsigned elements with four signed activations, and ROWS, how many rows are computed together.
//
// Integer sums are exact, so that only the order of the blocks matters, which is that of k: a block adds
// `(d_w · d_x) · Σ`, then, where there are minimums, `m · (d_x · Σ x)`.
typedef uint8_t CK_FN(B) __attribute__((vector_size(64)));
#define B CK_FN(B)
// The same wherever it lies: a tile need not begin at a multiple of 64.
typedef uint8_t CK_FN(BU) __attribute__((vector_size(64), aligned(1)));

INLINE void CK_FN(elements)(const ck_weight kind, const uint8_t *p, B w[8]) {
  const CK_FN(BU) *v = (const CK_FN(BU) *)p;
  if (kind == CK_WEIGHT_Q8_0) {
    for (int g = 0; g < 8; g++) w[g] = v[g];
    return;
  }
  for (int i = 0; i < 4; i++) {
    B pair = v[i];
    w[2 * i] = pair & 15;
    w[2 * i + 1] = pair >> 4;
  }
  if (kind == CK_WEIGHT_Q5_0 || kind == CK_WEIGHT_Q5_1 || kind == CK_WEIGHT_Q5_K) {
    B high = v[4];
    for (int g = 0; g < 8; g++) w[g] |= (g < 4 ? high << (4 - g) : high >> (g - 4)) & 16;
  } else if (kind == CK_WEIGHT_Q6_K) {
    for (int g = 0; g < 8; g++) {
      B high = v[4 + g / 4];
      int place = 2 * (g % 4);
      w[g] |= (place < 4 ? high << (4 - place) : high >> (place - 4)) & 48;
    }
  }
}

INLINE int32_t CK_FN(offset)(const ck_weight kind) {
  switch (kind) {
    case CK_WEIGHT_Q4_0: return 8;
    case CK_WEIGHT_Q5_0: return 16;
    case CK_WEIGHT_Q6_K: return 32;
    case CK_WEIGHT_Q8_0: return 128;
    default: return 0;
  }
}

// How far ahead of what is multiplied the weights are asked for. A tile's scales and elements are two streams, which
// the processor would have to find anew in every tile; together they are one.
#define AHEAD 6144

INLINE void CK_FN(fetch)(const uint8_t *block, size_t bytes) {
  // A number: behind the last tile it is no place in the weights, which may be asked for, but not pointed at.
  const uintptr_t start = (uintptr_t)block + AHEAD;
#pragma clang loop unroll(full)
  for (size_t line = 0; line < bytes; line += 64) __builtin_prefetch((const void *)(start + line));
}

// `is_first`: whether the weights come from memory, to be used by further rows.
INLINE void CK_FN(some_rows)(const ck_weight kind, const size_t count, const ck_product *c, int is_first,
                             const uint8_t *tile, size_t row, float *y, size_t outputs, const float *bias) {
  const size_t blocks = blocks_of(c->k), stride = 48 * blocks;
  const tile_shape shape = shape_of(kind);
  const uint8_t *x = (const uint8_t *)c->x + row * stride;
  const uint8_t *ahead = tile, *elements = tile + (shape.scales * blocks + 63) / 64 * 64;
  const int32_t offset = CK_FN(offset)(kind);
  V acc[ROWS] = {{0}};
  for (size_t b = 0; b < blocks; b++, tile += shape.scales, elements += shape.elements) {
    if (is_first) CK_FN(fetch)(ahead, shape.scales + shape.elements);
    ahead += shape.scales + shape.elements;
    B w[8];
    V d, m = {0};
    CK_FN(elements)(kind, elements, w);
    if (kind >= CK_WEIGHT_Q4_K) {
      d = CK_FN(load)((const float *)tile);
      m = CK_FN(load)((const float *)tile + 16);
    } else {
      d = CK_FN(load_half)((const uint16_t *)tile);
      if (shape.scales == 64) m = CK_FN(load_half)((const uint16_t *)tile + 16);
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < count; r++) {
      const uint8_t *xr = x + r * stride;
      const int32_t *four = (const int32_t *)(xr + 32 * b);
      const int32_t *sums = row_sums(xr, blocks) + 2 * b;
      const float scale = row_scales(xr, blocks)[b];
      I low = {0}, high = {0};
      if (offset != 0) {
        low = low - offset * (kind == CK_WEIGHT_Q6_K ? sums[0] : sums[0] + sums[1]);
        if (kind == CK_WEIGHT_Q6_K) high = high - offset * sums[1];
      }
#pragma clang loop unroll(full)
      for (int g = 0; g < 4; g++) {
        low = DOT(low, w[g], four[g]);
        high = DOT(high, w[g + 4], four[g + 4]);
      }
      if (kind == CK_WEIGHT_Q6_K) {
        acc[r] = CK_FN(fma1)(__builtin_convertvector(low, V), d * scale, acc[r]);
        acc[r] = CK_FN(fma1)(__builtin_convertvector(high, V), m * scale, acc[r]);
      } else {
        acc[r] = CK_FN(fma1)(__builtin_convertvector(low + high, V), d * scale, acc[r]);
        if (shape.scales >= 64) acc[r] = CK_FN(fma1)(m, CK_FN(set)(row_scaled_sums(xr, blocks)[b]), acc[r]);
      }
    }
  }
  for (size_t r = 0; r < count; r++) {
    if (bias) acc[r] += CK_FN(load_some)(bias, outputs);
    CK_FN(store_some)(y + (row + r) * c->ldy, acc[r], outputs);
  }
}

// Rows that stay in the second level of the cache while the tiles pass.
#define PASS 96

INLINE void CK_FN(multiply_kind)(const ck_weight kind, const ck_product *c) {
  const size_t bytes = scale_bytes(kind, c->k) + shape_of(kind).elements * blocks_of(c->k);
  for (size_t first = 0; first < c->rows; first += PASS) {
    const size_t end = c->rows - first < PASS ? c->rows : first + PASS;
    for (size_t o = 0; o < c->outputs; o += CK_TILE) {
      const uint8_t *tile = (const uint8_t *)c->tiles + o / CK_TILE * bytes;
      const size_t outputs = c->outputs - o;
      const float *bias = c->bias ? c->bias + o : 0;
      size_t r = first;
      for (; end - r >= ROWS; r += ROWS) CK_FN(some_rows)(kind, ROWS, c, r == first, tile, r, c->y + o, outputs, bias);
      for (; end - r >= 4; r += 4) CK_FN(some_rows)(kind, 4, c, r == first, tile, r, c->y + o, outputs, bias);
      for (; r < end; r++) CK_FN(some_rows)(kind, 1, c, r == first, tile, r, c->y + o, outputs, bias);
    }
  }
}

static void CK_FN(multiply)(ck_weight kind, const ck_product *c) {
  switch (kind) {
    case CK_WEIGHT_Q4_0: CK_FN(multiply_kind)(CK_WEIGHT_Q4_0, c); break;
    case CK_WEIGHT_Q4_1: CK_FN(multiply_kind)(CK_WEIGHT_Q4_1, c); break;
    case CK_WEIGHT_Q5_0: CK_FN(multiply_kind)(CK_WEIGHT_Q5_0, c); break;
    case CK_WEIGHT_Q5_1: CK_FN(multiply_kind)(CK_WEIGHT_Q5_1, c); break;
    case CK_WEIGHT_Q8_0: CK_FN(multiply_kind)(CK_WEIGHT_Q8_0, c); break;
    case CK_WEIGHT_Q4_K: CK_FN(multiply_kind)(CK_WEIGHT_Q4_K, c); break;
    case CK_WEIGHT_Q5_K: CK_FN(multiply_kind)(CK_WEIGHT_Q5_K, c); break;
    case CK_WEIGHT_Q6_K: CK_FN(multiply_kind)(CK_WEIGHT_Q6_K, c); break;
    default: break;
  }
}
