// One tile of C, kept in registers: up to 14 rows by 32 columns, 28 of the 32 vectors.
//
// Needs: TILE_STEP(x, y, sum), what one step adds to 16 sums; in bf16 a step is a pair of elements in the 32
// bits of a lane. TILE_PACKED, if only packed A is read.

#define TILE_ROWS 14

// A is read by broadcast, either `a[p * lda + row]` (`across`, packed or transposed) or
// `a[row * lda + p]`; B in rows of `vectors` vectors, `ldb` apart, the last one under the mask `tail`.
INLINE void tile(const int rows, const int vectors, const int across, size_t k, const float *a,
                 size_t lda, const float *b, size_t ldb, __mmask16 tail, float alpha, float beta,
                 float *c, size_t ldc) {
  __m512 sum[TILE_ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    _mm_prefetch((const char *)(c + r * ldc), _MM_HINT_T0);
    if (vectors > 1) _mm_prefetch((const char *)(c + r * ldc + 16), _MM_HINT_T0);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_setzero_ps();
  }
  // Rows of A in groups of three, so that few registers address all of them.
  const float *group[5];
#pragma clang loop unroll(full)
  for (int g = 0; g < 5; g++) group[g] = a + (size_t)(3 * g) * lda;
  for (size_t p = 0; p < k; p++, b += ldb) {
    __m512 y[2];
    if (vectors > 1) y[0] = _mm512_loadu_ps(b);
    y[vectors - 1] = _mm512_maskz_loadu_ps(tail, b + 16 * (vectors - 1));
    _mm_prefetch((const char *)(b + 8 * ldb), _MM_HINT_T0);
    if (vectors > 1) _mm_prefetch((const char *)(b + 8 * ldb + 16), _MM_HINT_T0);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      __m512 x = _mm512_set1_ps(across ? a[r] : group[r / 3][(size_t)(r % 3) * lda + p]);
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sum[r][v] = TILE_STEP(x, y[v], sum[r][v]);
    }
    if (across) a += lda;
  }
  const __m512 factor = _mm512_set1_ps(alpha), keep = _mm512_set1_ps(beta);
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++, c += ldc)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      __mmask16 mask = v == vectors - 1 ? tail : (__mmask16)0xffff;
      __m512 result = _mm512_mul_ps(sum[r][v], factor);
      if (beta != 0)
        result = _mm512_fmadd_ps(keep, _mm512_maskz_loadu_ps(mask, c + 16 * v), result);
      if (mask == 0xffff)
        _mm512_storeu_ps(c + 16 * v, result);
      else
        _mm512_mask_storeu_ps(c + 16 * v, mask, result);
    }
}

typedef void (*tile_function)(size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                              __mmask16 tail, float alpha, float beta, float *c, size_t ldc);

#define TILE(rows, vectors, across)                                                                 \
  static void tile_##rows##_##vectors##_##across(                                                   \
      size_t k, const float *a, size_t lda, const float *b, size_t ldb, __mmask16 tail, float alpha, \
      float beta, float *c, size_t ldc) {                                                           \
    tile(rows, vectors, across, k, a, lda, b, ldb, tail, alpha, beta, c, ldc);                      \
  }
#ifdef TILE_PACKED
#define TILES(rows) TILE(rows, 1, 1) TILE(rows, 2, 1)
#else
#define TILES(rows) TILE(rows, 1, 0) TILE(rows, 2, 0) TILE(rows, 1, 1) TILE(rows, 2, 1)
#endif
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
TILES(7)
TILES(8)
TILES(9)
TILES(10)
TILES(11)
TILES(12)
TILES(13)
TILES(14)

#define TILE_ROW(vectors, across)                                                                   \
  {                                                                                                 \
    tile_1_##vectors##_##across, tile_2_##vectors##_##across, tile_3_##vectors##_##across,          \
        tile_4_##vectors##_##across, tile_5_##vectors##_##across, tile_6_##vectors##_##across,      \
        tile_7_##vectors##_##across, tile_8_##vectors##_##across, tile_9_##vectors##_##across,      \
        tile_10_##vectors##_##across, tile_11_##vectors##_##across, tile_12_##vectors##_##across,   \
        tile_13_##vectors##_##across, tile_14_##vectors##_##across                                  \
  }
// By vectors - 1, then rows - 1.
#ifndef TILE_PACKED
static const tile_function strided_tiles[2][TILE_ROWS] = {TILE_ROW(1, 0), TILE_ROW(2, 0)};
#endif
static const tile_function tiles[2][TILE_ROWS] = {TILE_ROW(1, 1), TILE_ROW(2, 1)};
