// The loops around the tiles of ck_gemm_tile.h, after Goto and van de Geijn (2008).
#include "ck_gemm.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "ck_gemm_pack.h"
#include "ck_gemm_thin.h"
#define TILE_STEP(x, y, sum) _mm512_fmadd_ps(x, y, sum)
#include "ck_gemm_tile.h"

// Steps of k between visits of C, and rows of A packed at a time: 384 KB, half of a small L2 cache.
#define DEPTH 384
#define BLOCK_ROWS 256
// From this many columns on, packing A costs less than its strides.
#define PACKS_A_FROM 129
// From this many rows on, packing B costs less than its strides.
#define PACKS_B_FROM 29
// Result elements of a transposed product that are kept in the workspace.
#define TURNED_COLUMNS 2048
#define SLACK 16

// The paths through a product; which one is taken depends on nothing but the call's extents.
typedef enum path { SCALE, THIN_ROWS, THIN_COLUMNS, TURNED, TILES } path;

static path path_of(const ck_gemm_f32_call *g) {
  if (g->k == 0) return SCALE;
  if (!g->transposes_a && g->transposes_b) {
    if (g->m <= CK_GEMM_THIN) return THIN_ROWS;
    if (g->n <= 4) return THIN_COLUMNS;
  }
  return g->transposes_a && g->n <= 16 && g->m > 16 && g->k >= 16 ? TURNED : TILES;
}

static int packs_a(const ck_gemm_f32_call *g) { return g->n >= PACKS_A_FROM; }
static int packs_b(const ck_gemm_f32_call *g) { return g->transposes_b || g->m >= PACKS_B_FROM; }

size_t ck_gemm_f32_workspace(const ck_gemm_f32_call *g) {
  path path = path_of(g);
  if (path == TURNED) return 16 * TURNED_COLUMNS * sizeof(float);
  if (path != TILES) return 0;
  size_t panel = packs_b(g) ? DEPTH * CK_GEMM_PANEL + SLACK : 0;
  return (panel + (packs_a(g) ? DEPTH * (BLOCK_ROWS + TILE_ROWS) + SLACK : 0)) * sizeof(float);
}

size_t ck_gemm_f32_packed_workspace(void) {
  return (DEPTH * (BLOCK_ROWS + TILE_ROWS) + SLACK) * sizeof(float);
}

size_t ck_gemm_f32_depth(size_t k) {
  size_t blocks = (k + DEPTH - 1) / DEPTH;
  return blocks == 0 ? 1 : ((k + blocks - 1) / blocks + 7) / 8 * 8;
}

void ck_gemm_f32_pack(int transposes_b, const float *b, size_t ldb, size_t k, size_t n, float *out) {
  for (size_t j = 0; j < n; j += CK_GEMM_PANEL)
    pack_panel(transposes_b, b + (transposes_b ? j * ldb : j), ldb,
               n - j < CK_GEMM_PANEL ? n - j : CK_GEMM_PANEL, k, out + j * k);
}

// Packs `rows` rows and `k` columns of op(A) into panels of `height` rows.
static void pack_a(const ck_gemm_f32_call *g, size_t row, size_t rows, size_t from, size_t k,
                   size_t height, float *out) {
  for (size_t i = 0; i < rows; i += height, out += height * k) {
    size_t count = rows - i < height ? rows - i : height;
    if (g->transposes_a)
      pack_rows(g->a + from * g->lda + row + i, g->lda, count, k, out, height);
    else
      pack_transposed(g->a + (row + i) * g->lda + from, g->lda, count, k, out, height);
  }
}

static void scale(const ck_gemm_f32_call *g) {
  for (size_t i = 0; i < g->m; i++)
    for (size_t j = 0; j < g->n; j++) {
      float *at = g->c + i * g->ldc + j;
      *at = g->beta != 0 ? g->beta * *at : 0;
    }
}

// Blocks of k, then blocks of rows, then panels of columns, then tiles.
static void run(const ck_gemm_f32_call *g, size_t depth, int is_packed, float *workspace) {
  const int own_a = packs_a(g), own_b = !is_packed && packs_b(g);
  const size_t block = own_a ? BLOCK_ROWS : g->m;
  float *const panel = workspace;
  float *const rows_of_a = workspace + (own_b ? DEPTH * CK_GEMM_PANEL + SLACK : 0);
  const tile_function(*kernels)[TILE_ROWS] = own_a || g->transposes_a ? tiles : strided_tiles;
  // Rows that lie whole pages apart meet in one set of the L1 cache, which has 8 ways and more.
  const size_t tallest = own_a || g->transposes_a || g->lda % 1024 != 0 ? TILE_ROWS : 8;
  for (size_t from = 0; from < g->k; from += depth) {
    const size_t k = g->k - from < depth ? g->k - from : depth;
    const float beta = from == 0 ? g->beta : 1;
    for (size_t row = 0; row < g->m; row += block) {
      const size_t rows = g->m - row < block ? g->m - row : block;
      const size_t count = (rows + tallest - 1) / tallest, height = (rows + count - 1) / count;
      const float *a;
      size_t lda, next;
      if (own_a) {
        pack_a(g, row, rows, from, k, height, rows_of_a);
        a = rows_of_a, lda = height, next = k * height;
      } else if (g->transposes_a) {
        a = g->a + from * g->lda + row, lda = g->lda, next = height;
      } else {
        a = g->a + row * g->lda + from, lda = g->lda, next = height * g->lda;
      }
      for (size_t column = 0; column < g->n; column += CK_GEMM_PANEL) {
        const size_t columns = g->n - column < CK_GEMM_PANEL ? g->n - column : CK_GEMM_PANEL;
        const __mmask16 tail = mask_of(columns > 16 ? columns - 16 : columns);
        const tile_function *kernel = kernels[columns > 16];
        const float *b = g->b + from * g->ldb + column;
        size_t ldb = g->ldb;
        if (is_packed) {
          b = g->b + column * g->k + from * CK_GEMM_PANEL, ldb = CK_GEMM_PANEL;
        } else if (own_b) {
          const float *source = g->transposes_b ? g->b + column * g->ldb + from : b;
          pack_panel(g->transposes_b, source, g->ldb, columns, k, panel);
          b = panel, ldb = CK_GEMM_PANEL;
        }
        float *c = g->c + row * g->ldc + column;
        const float *x = a;
        for (size_t i = 0; i < rows; i += height, x += next) {
          const size_t tall = rows - i < height ? rows - i : height;
          kernel[tall - 1](k, x, lda, b, ldb, tail, g->alpha, beta, c + i * g->ldc, g->ldc);
        }
      }
    }
  }
}

// A transposed A beside a narrow result is read along its rows, as the B of the transposed product.
static void run_turned(const ck_gemm_f32_call *g, float *workspace) {
  float *const result = workspace;
  const size_t depth = ck_gemm_f32_depth(g->k);
  const int across = !g->transposes_b;
  const tile_function(*kernels)[TILE_ROWS] = across ? tiles : strided_tiles;
  for (size_t row = 0; row < g->m; row += TURNED_COLUMNS) {
    const size_t rows = g->m - row < TURNED_COLUMNS ? g->m - row : TURNED_COLUMNS;
    for (size_t from = 0; from < g->k; from += depth) {
      const size_t k = g->k - from < depth ? g->k - from : depth;
      for (size_t i = 0; i < rows; i += CK_GEMM_PANEL) {
        const size_t wide = rows - i < CK_GEMM_PANEL ? rows - i : CK_GEMM_PANEL;
        const __mmask16 tail = mask_of(wide > 16 ? wide - 16 : wide);
        const size_t height = g->n > TILE_ROWS ? (g->n + 1) / 2 : g->n;
        for (size_t j = 0; j < g->n; j += height) {
          const size_t tall = g->n - j < height ? g->n - j : height;
          const float *x = across ? g->b + from * g->ldb + j : g->b + j * g->ldb + from;
          kernels[wide > 16][tall - 1](k, x, g->ldb, g->a + from * g->lda + row + i, g->lda,
                                             tail, 1, from == 0 ? 0 : 1,
                                             result + j * TURNED_COLUMNS + i, TURNED_COLUMNS);
        }
      }
    }
    for (size_t i = 0; i < rows; i++)
      for (size_t j = 0; j < g->n; j++) {
        float *at = g->c + (row + i) * g->ldc + j;
        float value = g->alpha * result[j * TURNED_COLUMNS + i];
        *at = g->beta != 0 ? value + g->beta * *at : value;
      }
  }
}

void ck_gemm_f32(const ck_gemm_f32_call *g, void *workspace) {
  if (g->m == 0 || g->n == 0) return;
  switch (path_of(g)) {
  case SCALE:
    return scale(g);
  case THIN_ROWS:
    return thins[g->m - 1](g->n, g->k, g->a, g->lda, g->b, g->ldb, g->alpha, g->beta, g->c, g->ldc, 1);
  case THIN_COLUMNS:
    return thins[g->n - 1](g->m, g->k, g->b, g->ldb, g->a, g->lda, g->alpha, g->beta, g->c, 1, g->ldc);
  case TURNED:
    return run_turned(g, workspace);
  case TILES:
    return run(g, ck_gemm_f32_depth(g->k), 0, workspace);
  }
}

void ck_gemm_f32_packed(const ck_gemm_f32_call *g, size_t depth, void *workspace) {
  if (g->k == 0)
    scale(g);
  else
    run(g, depth, 1, workspace);
}
#pragma clang attribute pop
#else
size_t ck_gemm_f32_workspace(const ck_gemm_f32_call *call) { return 0; }
size_t ck_gemm_f32_packed_workspace(void) { return 0; }
size_t ck_gemm_f32_depth(size_t k) { return k; }
// Never called: `ck_detect_isa` is not `CK_AVX512` here.
void ck_gemm_f32(const ck_gemm_f32_call *call, void *workspace) { __builtin_trap(); }
void ck_gemm_f32_pack(int transposes_b, const float *b, size_t ldb, size_t k, size_t n, float *out) {
  __builtin_trap();
}
void ck_gemm_f32_packed(const ck_gemm_f32_call *call, size_t depth, void *workspace) {
  __builtin_trap();
}
#endif
