// Products with every weight as f32: a tile is turned into f32 a piece at a time, and each row's sums take one step
// of k after the other, whatever the rows around it.

// Steps of k in a piece: it stays in the first level of the cache.
#define PIECE 512

INLINE void CK_FN(unpack_block)(const ck_weight kind, const uint8_t *scales, const uint8_t *elements, float *out) {
  B w[8];
  V d, m = {0};
  CK_FN(elements)(kind, elements, w);
  if (kind >= CK_WEIGHT_Q4_K) {
    d = CK_FN(load)((const float *)scales);
    m = CK_FN(load)((const float *)scales + 16);
  } else {
    d = CK_FN(load_half)((const uint16_t *)scales);
    if (shape_of(kind).scales == 64) m = CK_FN(load_half)((const uint16_t *)scales + 16);
  }
  for (int j = 0; j < 32; j++) {
    I q = (I)((N)w[j / 4] >> (8 * (j % 4)) & 255) - CK_FN(offset)(kind);
    V value = __builtin_convertvector(q, V);
    if (kind == CK_WEIGHT_Q6_K)
      value = value * (j < 16 ? d : m);
    else
      value = shape_of(kind).scales >= 64 ? value * d + m : value * d;
    CK_FN(store)(out + CK_TILE * j, value);
  }
}

INLINE void CK_FN(unpack)(const ck_weight kind, const uint8_t *tile, size_t k, size_t from, size_t to, float *out) {
  if (kind <= CK_WEIGHT_BF16) {
    for (size_t i = from; i < to; i++, out += CK_TILE) {
      V value;
      if (kind == CK_WEIGHT_F32) {
        value = CK_FN(load)((const float *)tile + CK_TILE * i);
      } else if (kind == CK_WEIGHT_F16) {
        value = CK_FN(load_half)((const uint16_t *)tile + CK_TILE * i);
      } else {
        H half = *(const CK_FN(HU) *)((const uint16_t *)tile + CK_TILE * i);
        value = (V)(__builtin_convertvector(half, N) << 16);
      }
      CK_FN(store)(out, value);
    }
    return;
  }
  const tile_shape shape = shape_of(kind);
  const uint8_t *elements = tile + scale_bytes(kind, k);
  for (size_t b = from / CK_BLOCK; b < (to + CK_BLOCK - 1) / CK_BLOCK; b++, out += CK_BLOCK * CK_TILE)
    CK_FN(unpack_block)(kind, tile + b * shape.scales, elements + b * shape.elements, out);
}

static void CK_FN(unpack_any)(ck_weight kind, const uint8_t *tile, size_t k, size_t from, size_t to, float *out) {
  switch (kind) {
#define CASE(kind) \
  case kind: CK_FN(unpack)(kind, tile, k, from, to, out); break;
    CASE(CK_WEIGHT_F32) CASE(CK_WEIGHT_F16) CASE(CK_WEIGHT_BF16) CASE(CK_WEIGHT_Q4_0) CASE(CK_WEIGHT_Q4_1)
    CASE(CK_WEIGHT_Q5_0) CASE(CK_WEIGHT_Q5_1) CASE(CK_WEIGHT_Q8_0) CASE(CK_WEIGHT_Q4_K) CASE(CK_WEIGHT_Q5_K)
    CASE(CK_WEIGHT_Q6_K)
#undef CASE
  }
}

INLINE void CK_FN(exact_rows)(const size_t count, const float *x, size_t ldx, const float *panel, size_t steps,
                              int is_first, const float *bias, float *y, size_t ldy, size_t outputs) {
  V acc[ROWS];
#pragma clang loop unroll(full)
  for (size_t r = 0; r < count; r++)
    acc[r] = is_first ? (V){0} : CK_FN(load_some)(y + r * ldy, outputs);
  for (size_t i = 0; i < steps; i++) {
    V w = CK_FN(load)(panel + CK_TILE * i);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < count; r++) acc[r] = CK_FN(fma1)(CK_FN(set)(x[r * ldx + i]), w, acc[r]);
  }
  for (size_t r = 0; r < count; r++) {
    if (bias) acc[r] += CK_FN(load_some)(bias, outputs);
    CK_FN(store_some)(y + r * ldy, acc[r], outputs);
  }
}

static void CK_FN(multiply_exact)(ck_weight kind, const ck_product *c) {
  const size_t bytes = ck_tile_bytes(kind, c->k);
  float panel[PIECE * CK_TILE];
  for (size_t o = 0; o < c->outputs; o += CK_TILE) {
    const uint8_t *tile = (const uint8_t *)c->tiles + o / CK_TILE * bytes;
    for (size_t from = 0; from < c->k; from += PIECE) {
      const size_t to = c->k - from < PIECE ? c->k : from + PIECE;
      const float *x = (const float *)c->x + from, *bias = c->bias && to == c->k ? c->bias + o : 0;
      CK_FN(unpack_any)(kind, tile, c->k, from, to, panel);
      size_t r = 0;
      for (; c->rows - r >= ROWS; r += ROWS)
        CK_FN(exact_rows)(ROWS, x + r * c->ldx, c->ldx, panel, to - from, from == 0, bias,
                          c->y + r * c->ldy + o, c->ldy, c->outputs - o);
      for (; c->rows - r >= 4; r += 4)
        CK_FN(exact_rows)(4, x + r * c->ldx, c->ldx, panel, to - from, from == 0, bias,
                          c->y + r * c->ldy + o, c->ldy, c->outputs - o);
      for (; r < c->rows; r++)
        CK_FN(exact_rows)(1, x + r * c->ldx, c->ldx, panel, to - from, from == 0, bias,
                          c->y + r * c->ldy + o, c->ldy, c->outputs - o);
    }
  }
}
