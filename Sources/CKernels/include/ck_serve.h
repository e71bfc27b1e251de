#ifndef CK_SERVE_H
#define CK_SERVE_H
/// The loops of the serving forward pass.
///
/// Every result has one order of summation that its own extents decide, however many rows are computed together:
/// a row's bits do not depend on its neighbours. All multiplications that are followed by an addition are
/// explicit fused ones, so that the bits do not depend on the instruction set either.
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Rows of a weight that lie interleaved in a tile: one to a lane.
#define CK_TILE 16
/// Elements that share a scale.
#define CK_BLOCK 32
/// Positions in a page of keys and values.
#define CK_PAGE 32

/// How the numbers of a weight are kept. Blocks are those of GGUF.
typedef enum ck_weight {
  CK_WEIGHT_F32,
  CK_WEIGHT_F16,
  CK_WEIGHT_BF16,
  CK_WEIGHT_Q4_0,
  CK_WEIGHT_Q4_1,
  CK_WEIGHT_Q5_0,
  CK_WEIGHT_Q5_1,
  CK_WEIGHT_Q8_0,
  CK_WEIGHT_Q4_K,
  CK_WEIGHT_Q5_K,
  CK_WEIGHT_Q6_K
} ck_weight;

/// Bytes of a tile of 16 rows of `k` elements, a multiple of 64.
///
/// A tile has first the scales of its blocks, 16 side by side, then their elements: four neighbours of one row,
/// then the same four of the next. Of kinds with more than 4 bits the elements' low nibbles come first. Elements
/// are unsigned; `Q4_0` ones are 8 above their value, `Q5_0` 16, `Q6_K` 32, `Q8_0` 128. Kinds without blocks have
/// 16 numbers side by side, a step of `k` after the other.
size_t ck_tile_bytes(ck_weight kind, size_t k);

/// Interleaves up to 16 rows as a GGUF file stores them; rows that are missing become 0.
///
/// Returns 0 if a scale is not finite (elements of kinds without blocks are not looked at).
int ck_tile_pack(ck_weight kind, const void *rows, size_t row_bytes, size_t count, size_t k, void *tile);
/// Quantises up to 16 rows of f32 to a tile of `CK_WEIGHT_Q8_0`: scale amax / 127, to nearest. `k` need not be
/// a multiple of 32.
void ck_tile_quantise(const float *rows, size_t ld, size_t count, size_t k, void *tile);

/// Row `row` of a tile as f32, as GGUF's reference dequantises it.
void ck_tile_unpack_row(ck_weight kind, const void *tile, size_t row, size_t k, float *out);

/// Bytes of a row of `k` activations in blocks of 32: the elements, then for each block its scale, its scale times its
/// sum, and the integer sums of its halves.
size_t ck_row_bytes(size_t k);

/// A product of rows of activations with tiles of a weight.
typedef struct ck_product {
  size_t rows, k;
  /// Rows made by `quantise`, `ck_row_bytes` apart; or of f32, `ldx` elements apart.
  const void *x;
  size_t ldx;
  const void *tiles;
  /// Rows of the weight that these tiles have; the last tile may have fewer than 16.
  size_t outputs;
  const float *_Nullable bias;
  float *y;
  size_t ldy;
} ck_product;

/// Attention of consecutive rows of one sequence, for the query heads that share a key head.
typedef struct ck_attention {
  size_t rows, group, head;
  /// Bytes of a number in the pages: 2 for f16, 4 for f32.
  size_t number;
  /// The pages of the sequence, and how many bytes into each the head's part is: the keys, `[head][32]`, then the
  /// values, `[32][head rounded up to 16]`.
  const void *_Nonnull const *_Nonnull pages;
  size_t offset;
  /// The position of the first row; how many positions back a row sees, itself counted, or 0 for all.
  size_t position, window;
  float scale;
  /// The first of the group's heads, which lie side by side.
  const float *q;
  size_t ldq;
  float *out;
  size_t ldo;
  /// `rows * group * (head rounded up to 16 + 2)` floats.
  float *workspace;
} ck_attention;

/// Rotation of one row's heads that share a key head, and the key's and value's way into their page.
typedef struct ck_append {
  size_t group, head, number;
  float *q, *k;
  const float *v;
  /// `[head / 2]`.
  const float *cosine, *sine;
  /// Norms of each head, or none.
  const float *_Nullable q_norm, *_Nullable k_norm;
  float epsilon;
  /// The head's part of the page, and the position in it.
  void *page;
  size_t slot;
} ck_append;

typedef struct ck_serve {
  const char *name;
  /// `x` in blocks of 32: scale amax / 127, to nearest even. What is not finite makes its block's scale so.
  void (*quantise)(const float *x, size_t k, void *row);
  /// `h += t` where there is a `t`; `out = h / rms(h) * w`.
  void (*add_norm)(float *h, const float *_Nullable t, const float *w, size_t n, float epsilon, float *out);
  /// `out = silu(gate) * up`; may alias either.
  void (*swiglu)(const float *gate, const float *up, size_t n, float *out);
  /// Rows in blocks times blocks, in integers; not for kinds without blocks.
  void (*multiply)(ck_weight kind, const ck_product *call);
  /// Rows of f32 times every weight as f32, one step of `k` after the other.
  void (*multiply_exact)(ck_weight kind, const ck_product *call);
  void (*append)(const ck_append *call);
  void (*attend)(const ck_attention *call);
  /// `u[r] = a[r] · x`, `a` `[rank, k]` of f16 (`number` 2) or f32 (4).
  void (*shrink)(size_t number, const void *a, size_t rank, size_t k, const float *x, float *u);
  /// `y[i] += sum over r of u[r] b[r][i]`, `b` `[rank, n]`, rows `ldb` apart.
  void (*expand)(size_t number, const void *b, size_t ldb, size_t rank, size_t n, const float *u, float *y);
} ck_serve;

/// How many tables this processor can run; the first is portable, the last the fastest.
size_t ck_serve_count(void);
const ck_serve *ck_serve_kernels(size_t index);

/// IEEE binary16 of `n` numbers, to nearest even, and back.
void ck_to_f16(const float *x, uint16_t *out, size_t n);

#pragma clang assume_nonnull end
#endif
