// Products with a bf16 matrix: the loops of ck_gemm_f32.c around pairs of elements.
#include "ck_gemm.h"
#include <string.h>

// Rows of A that are packed at a time, and pairs of steps between visits of C.
#define BLOCK_ROWS 256
#define DEPTH 384
#define SLACK 16

size_t ck_gemm_bf16_packed_count(size_t k, size_t n) {
  size_t panels = (n + CK_GEMM_PANEL - 1) / CK_GEMM_PANEL;
  return panels * CK_GEMM_PANEL * ((k + 1) / 2 * 2);
}

size_t ck_gemm_bf16_workspace(void) {
  return (DEPTH * (BLOCK_ROWS + 14) + SLACK) * sizeof(float);
}

// To nearest, ties to even; what AVX-512 does: not a number stays quiet, subnormals become zero.
static uint16_t rounded(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
  if (magnitude < 0x00800000) return (uint16_t)(bits >> 16 & 0x8000);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void ck_gemm_bf16_pack(int transposes_b, const float *b, size_t ldb, size_t k, size_t from, size_t to,
                       uint16_t *out) {
  const size_t even = (k + 1) / 2 * 2;
  for (size_t j = from; j < to; j += CK_GEMM_PANEL) {
    uint16_t *panel = out + j * even;
    const size_t columns = to - j < CK_GEMM_PANEL ? to - j : CK_GEMM_PANEL;
    if (columns < CK_GEMM_PANEL || k < even)
      memset(panel, 0, even * CK_GEMM_PANEL * sizeof(uint16_t));
    for (size_t p = 0; p < k; p++) {
      uint16_t *pairs = panel + p / 2 * 2 * CK_GEMM_PANEL + p % 2;
      const float *x = transposes_b ? b + j * ldb + p : b + p * ldb + j;
      const size_t step = transposes_b ? ldb : 1;
      for (size_t i = 0; i < columns; i++) pairs[2 * i] = rounded(x[i * step]);
    }
  }
}

static float widened(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

void ck_gemm_bf16_portable(const ck_gemm_bf16_call *g, void *workspace) {
  (void)workspace;
  const size_t even = (g->k + 1) / 2 * 2;
  for (size_t j = g->from; j < g->to; j += CK_GEMM_PANEL) {
    const uint16_t *panel = g->b + j * even;
    const size_t columns = g->to - j < CK_GEMM_PANEL ? g->to - j : CK_GEMM_PANEL;
    for (size_t row = 0; row < g->m; row++) {
      float sum[CK_GEMM_PANEL] = {0};
      for (size_t p = 0; p < g->k; p++) {
        const uint16_t *pairs = panel + p / 2 * 2 * CK_GEMM_PANEL + p % 2;
        const float x = widened(rounded(g->a[row * g->lda + p]));
        for (size_t i = 0; i < CK_GEMM_PANEL; i++) sum[i] += x * widened(pairs[2 * i]);
      }
      float *c = g->c + row * g->ldc + (j - g->from);
      for (size_t i = 0; i < columns; i++) c[i] = g->beta != 0 ? sum[i] + g->beta * c[i] : sum[i];
    }
  }
}

#if defined(__x86_64__)
#include <immintrin.h>

int ck_gemm_bf16_detect(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

#define INLINE static inline __attribute__((always_inline))
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#include "ck_gemm_transpose.h"
#define TILE_PACKED
#define TILE_STEP(x, y, sum) _mm512_dpbf16_ps(sum, (__m512bh)(x), (__m512bh)(y))
#include "ck_gemm_tile.h"

// 32 elements of a row, as 16 pairs.
INLINE __m512 pairs_of(const float *x, size_t count) {
  __m512 low = _mm512_maskz_loadu_ps(mask_of(count), x);
  __m512 high = _mm512_maskz_loadu_ps(mask_of(count > 16 ? count - 16 : 0), x + (count > 16 ? 16 : 0));
  return (__m512)_mm512_cvtne2ps_pbh(high, low);
}

// Up to 16 rows of `k` elements become columns of pairs, `width` apart; stores as in `pack_transposed`.
static void pack_pairs(const float *x, size_t ldx, size_t rows, size_t k, float *out, size_t width) {
  for (size_t p = 0; p < k; p += 32) {
    const size_t count = k - p < 32 ? k - p : 32;
    __m512 r[16];
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++)
      r[i] = (size_t)i < rows ? pairs_of(x + (size_t)i * ldx + p, count) : _mm512_setzero_ps();
    transpose_16(r);
    const size_t pairs = (count + 1) / 2;
    if (pairs == 16) {
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++) _mm512_storeu_ps(out + (p / 2 + (size_t)i) * width, r[i]);
    } else {
      for (size_t i = 0; i < pairs; i++) _mm512_storeu_ps(out + (p / 2 + i) * width, r[i]);
    }
  }
}

void ck_gemm_bf16(const ck_gemm_bf16_call *g, void *workspace) {
  float *const packed = workspace;
  const size_t pairs = (g->k + 1) / 2;
  const size_t blocks = (pairs + DEPTH - 1) / DEPTH;
  const size_t depth = blocks == 0 ? 1 : (pairs + blocks - 1) / blocks;
  const float *const panels = (const float *)(const void *)g->b;
  // An empty sum still writes C.
  for (size_t from = 0; from < pairs || from == 0; from += depth) {
    const size_t steps = pairs - from < depth ? pairs - from : depth;
    const size_t elements = g->k - 2 * from < 2 * steps ? g->k - 2 * from : 2 * steps;
    const float beta = from == 0 ? g->beta : 1;
    for (size_t row = 0; row < g->m; row += BLOCK_ROWS) {
      const size_t rows = g->m - row < BLOCK_ROWS ? g->m - row : BLOCK_ROWS;
      const size_t count = (rows + TILE_ROWS - 1) / TILE_ROWS, height = (rows + count - 1) / count;
      for (size_t i = 0; i < rows; i += height)
        pack_pairs(g->a + (row + i) * g->lda + 2 * from, g->lda, rows - i < height ? rows - i : height,
                   elements, packed + i * steps, height);
      for (size_t column = g->from; column < g->to; column += CK_GEMM_PANEL) {
        const size_t columns = g->to - column < CK_GEMM_PANEL ? g->to - column : CK_GEMM_PANEL;
        const __mmask16 tail = mask_of(columns > 16 ? columns - 16 : columns);
        const tile_function *kernel = tiles[columns > 16];
        const float *b = panels + column * pairs + from * CK_GEMM_PANEL;
        float *c = g->c + row * g->ldc + (column - g->from);
        for (size_t i = 0; i < rows; i += height) {
          const size_t tall = rows - i < height ? rows - i : height;
          kernel[tall - 1](steps, packed + i * steps, height, b, CK_GEMM_PANEL, tail, 1, beta,
                           c + i * g->ldc, g->ldc);
        }
      }
    }
  }
}
#pragma clang attribute pop
#else
int ck_gemm_bf16_detect(void) { return 0; }
void ck_gemm_bf16(const ck_gemm_bf16_call *call, void *workspace) {
  ck_gemm_bf16_portable(call, workspace);
}
#endif
