// The layout of tiles, for those who write and those who read them.
#ifndef CK_SERVE_TILE_H
#define CK_SERVE_TILE_H
#include "ck_serve.h"

typedef struct tile_shape {
  // Bytes of a block of 16 rows: scales (and minimums) of 16 rows, and elements.
  size_t scales, elements;
} tile_shape;

static inline tile_shape shape_of(ck_weight kind) {
  switch (kind) {
    case CK_WEIGHT_Q4_0: return (tile_shape){32, 256};
    case CK_WEIGHT_Q4_1: return (tile_shape){64, 256};
    case CK_WEIGHT_Q5_0: return (tile_shape){32, 320};
    case CK_WEIGHT_Q5_1: return (tile_shape){64, 320};
    case CK_WEIGHT_Q8_0: return (tile_shape){32, 512};
    case CK_WEIGHT_Q4_K: return (tile_shape){128, 256};
    case CK_WEIGHT_Q5_K: return (tile_shape){128, 320};
    case CK_WEIGHT_Q6_K: return (tile_shape){128, 384};
    default: return (tile_shape){0, 0};
  }
}

static inline size_t number_bytes(ck_weight kind) { return kind == CK_WEIGHT_F32 ? 4 : 2; }
static inline size_t blocks_of(size_t k) { return (k + CK_BLOCK - 1) / CK_BLOCK; }
// Where the elements begin in a tile.
static inline size_t scale_bytes(ck_weight kind, size_t k) {
  return (shape_of(kind).scales * blocks_of(k) + 63) / 64 * 64;
}

// A row of activations: 32 elements of each block, then the arrays below, a number (the sums: two) a block.
static inline const float *row_scales(const void *row, size_t blocks) {
  return (const float *)((const char *)row + 32 * blocks);
}
static inline const float *row_scaled_sums(const void *row, size_t blocks) {
  return (const float *)((const char *)row + 36 * blocks);
}
static inline const int32_t *row_sums(const void *row, size_t blocks) {
  return (const int32_t *)((const char *)row + 40 * blocks);
}
#endif
