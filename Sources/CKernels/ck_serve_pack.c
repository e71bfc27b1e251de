// From the blocks of GGUF files to tiles of 16 interleaved rows.
#include "ck_serve_tile.h"
#include <math.h>
#include <string.h>
#pragma STDC FP_CONTRACT OFF

size_t ck_tile_bytes(ck_weight kind, size_t k) {
  if (kind <= CK_WEIGHT_BF16) return (CK_TILE * k * number_bytes(kind) + 63) / 64 * 64;
  return scale_bytes(kind, k) + shape_of(kind).elements * blocks_of(k);
}

size_t ck_row_bytes(size_t k) { return 48 * blocks_of(k); }

// Numbers whose multiplication by 2^112 moves the exponent, and also normalises what was subnormal.
static float widened(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, bits = (uint32_t)(half & 0x7fff) << 13;
  float value;
  if (bits >= 0x0f800000) {
    bits |= 0x7f800000;
  } else {
    memcpy(&value, &bits, 4);
    value *= 0x1p112f;
    memcpy(&bits, &value, 4);
  }
  bits |= sign;
  memcpy(&value, &bits, 4);
  return value;
}

static uint16_t narrowed(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | 0x7c00 | (magnitude > 0x7f800000 ? 0x200 : 0);
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    float shifted;
    memcpy(&shifted, &magnitude, 4);
    shifted += 0.5f;
    memcpy(&bits, &shifted, 4);
    return sign | (uint16_t)(bits - 0x3f000000);
  }
  return sign | (uint16_t)((magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000) >> 13);
}

void ck_to_f16(const float *x, uint16_t *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = narrowed(x[i]);
}

static uint16_t half_at(const uint8_t *p) {
  uint16_t value;
  memcpy(&value, p, 2);
  return value;
}

// One block of 32 of one row: its elements, made unsigned, and its scales as a tile keeps them.
typedef struct block {
  uint8_t q[32];
  uint16_t d, m;
  float scale[2];
} block;

static void nibbles(const uint8_t *source, uint8_t *q) {
  for (int j = 0; j < 16; j++) {
    q[j] = source[j] & 15;
    q[j + 16] = source[j] >> 4;
  }
}
static void fifth_bits(const uint8_t *source, uint8_t *q) {
  uint32_t high;
  memcpy(&high, source, 4);
  for (int j = 0; j < 32; j++) q[j] |= (uint8_t)((high >> j & 1) << 4);
}

// Scale and minimum of sub-block `k` of Q4_K and Q5_K: 6 bits each in 12 bytes.
static void six_bits(const uint8_t *s, size_t k, float *scale, float *minimum) {
  if (k < 4) {
    *scale = (float)(s[k] & 63);
    *minimum = (float)(s[k + 4] & 63);
  } else {
    *scale = (float)((s[k + 4] & 15) | (s[k - 4] >> 6 << 4));
    *minimum = (float)((s[k + 4] >> 4) | (s[k] >> 6 << 4));
  }
}

static void read_super_block(ck_weight kind, const uint8_t *p, size_t k, block *out) {
  if (kind == CK_WEIGHT_Q6_K) {
    const size_t half = k / 4, part = k % 4;
    const uint8_t *low = p + 64 * half + 32 * (part & 1), *high = p + 128 + 32 * half;
    for (size_t l = 0; l < 32; l++)
      out->q[l] = (uint8_t)((low[l] >> (4 * (part / 2)) & 15) | ((high[l] >> (2 * part) & 3) << 4));
    const float d = widened(half_at(p + 208));
    out->scale[0] = d * (float)(int8_t)p[192 + 2 * k];
    out->scale[1] = d * (float)(int8_t)p[193 + 2 * k];
    return;
  }
  float scale, minimum;
  six_bits(p + 4, k, &scale, &minimum);
  const uint8_t *source = p + (kind == CK_WEIGHT_Q5_K ? 48 : 16) + 32 * (k / 2);
  for (size_t l = 0; l < 32; l++) out->q[l] = source[l] >> (4 * (k & 1)) & 15;
  if (kind == CK_WEIGHT_Q5_K)
    for (size_t l = 0; l < 32; l++) out->q[l] |= (uint8_t)((p[16 + l] >> k & 1) << 4);
  out->scale[0] = widened(half_at(p)) * scale;
  out->scale[1] = -(widened(half_at(p + 2)) * minimum);
}

static void read_block(ck_weight kind, const uint8_t *row, size_t b, block *out) {
  switch (kind) {
    case CK_WEIGHT_Q4_0:
      out->d = half_at(row + 18 * b);
      nibbles(row + 18 * b + 2, out->q);
      break;
    case CK_WEIGHT_Q4_1:
      out->d = half_at(row + 20 * b);
      out->m = half_at(row + 20 * b + 2);
      nibbles(row + 20 * b + 4, out->q);
      break;
    case CK_WEIGHT_Q5_0:
      out->d = half_at(row + 22 * b);
      nibbles(row + 22 * b + 6, out->q);
      fifth_bits(row + 22 * b + 2, out->q);
      break;
    case CK_WEIGHT_Q5_1:
      out->d = half_at(row + 24 * b);
      out->m = half_at(row + 24 * b + 2);
      nibbles(row + 24 * b + 8, out->q);
      fifth_bits(row + 24 * b + 4, out->q);
      break;
    case CK_WEIGHT_Q8_0:
      out->d = half_at(row + 34 * b);
      for (int j = 0; j < 32; j++) out->q[j] = row[34 * b + 2 + (size_t)j] ^ 0x80;
      break;
    case CK_WEIGHT_Q4_K: read_super_block(kind, row + 144 * (b / 8), b % 8, out); break;
    case CK_WEIGHT_Q5_K: read_super_block(kind, row + 176 * (b / 8), b % 8, out); break;
    default: read_super_block(kind, row + 210 * (b / 8), b % 8, out); break;
  }
}

// 16 rows' blocks into their place in the tile.
static void write_blocks(ck_weight kind, const block *rows, uint8_t *scales, uint8_t *elements) {
  uint8_t groups[8][64];
  for (size_t g = 0; g < 8; g++)
    for (size_t r = 0; r < CK_TILE; r++) memcpy(groups[g] + 4 * r, rows[r].q + 4 * g, 4);
  if (kind == CK_WEIGHT_Q8_0) {
    memcpy(elements, groups, 512);
  } else {
    for (size_t v = 0; v < 4; v++)
      for (size_t i = 0; i < 64; i++)
        elements[64 * v + i] = (groups[2 * v][i] & 15) | (uint8_t)(groups[2 * v + 1][i] << 4);
    uint8_t *high = elements + 256;
    if (kind == CK_WEIGHT_Q5_0 || kind == CK_WEIGHT_Q5_1 || kind == CK_WEIGHT_Q5_K) {
      memset(high, 0, 64);
      for (size_t g = 0; g < 8; g++)
        for (size_t i = 0; i < 64; i++) high[i] |= (uint8_t)((groups[g][i] >> 4) << g);
    } else if (kind == CK_WEIGHT_Q6_K) {
      memset(high, 0, 128);
      for (size_t g = 0; g < 8; g++)
        for (size_t i = 0; i < 64; i++)
          high[64 * (g / 4) + i] |= (uint8_t)((groups[g][i] >> 4) << (2 * (g % 4)));
    }
  }
  for (size_t r = 0; r < CK_TILE; r++) {
    if (kind >= CK_WEIGHT_Q4_K) {
      memcpy(scales + 4 * r, &rows[r].scale[0], 4);
      memcpy(scales + 64 + 4 * r, &rows[r].scale[1], 4);
    } else {
      memcpy(scales + 2 * r, &rows[r].d, 2);
      if (shape_of(kind).scales == 64) memcpy(scales + 32 + 2 * r, &rows[r].m, 2);
    }
  }
}

static int is_finite_block(ck_weight kind, const block *b) {
  if (kind >= CK_WEIGHT_Q4_K) return isfinite(b->scale[0]) && isfinite(b->scale[1]);
  return (b->d & 0x7c00) != 0x7c00 && (b->m & 0x7c00) != 0x7c00;
}

static void pack_numbers(size_t width, const uint8_t *rows, size_t row_bytes, size_t count, size_t k,
                         uint8_t *tile) {
  for (size_t r = 0; r < CK_TILE; r++)
    for (size_t i = 0; i < k; i++) {
      uint8_t *to = tile + (CK_TILE * i + r) * width;
      if (r < count)
        memcpy(to, rows + r * row_bytes + i * width, width);
      else
        memset(to, 0, width);
    }
}

int ck_tile_pack(ck_weight kind, const void *rows, size_t row_bytes, size_t count, size_t k, void *tile) {
  if (kind <= CK_WEIGHT_BF16) {
    pack_numbers(number_bytes(kind), rows, row_bytes, count, k, tile);
    return 1;
  }
  const tile_shape shape = shape_of(kind);
  uint8_t *elements = (uint8_t *)tile + scale_bytes(kind, k);
  block blocks[CK_TILE];
  memset(blocks, 0, sizeof blocks);
  int finite = 1;
  for (size_t b = 0; b < blocks_of(k); b++) {
    for (size_t r = 0; r < count; r++) {
      read_block(kind, (const uint8_t *)rows + r * row_bytes, b, &blocks[r]);
      finite &= is_finite_block(kind, &blocks[r]);
    }
    write_blocks(kind, blocks, (uint8_t *)tile + b * shape.scales, elements + b * shape.elements);
  }
  return finite;
}

void ck_tile_quantise(const float *rows, size_t ld, size_t count, size_t k, void *tile) {
  uint8_t *elements = (uint8_t *)tile + scale_bytes(CK_WEIGHT_Q8_0, k);
  block blocks[CK_TILE];
  memset(blocks, 0, sizeof blocks);
  for (size_t b = 0; b < blocks_of(k); b++) {
    const size_t n = k - CK_BLOCK * b < CK_BLOCK ? k - CK_BLOCK * b : CK_BLOCK;
    for (size_t r = 0; r < count; r++) {
      const float *x = rows + r * ld + CK_BLOCK * b;
      float largest = 0;
      for (size_t j = 0; j < n; j++) largest = fabsf(x[j]) > largest ? fabsf(x[j]) : largest;
      const float d = largest / 127, inverse = d > 0 ? 1 / d : 0;
      blocks[r].d = narrowed(d);
      memset(blocks[r].q, 0x80, 32);
      for (size_t j = 0; j < n; j++) blocks[r].q[j] = (uint8_t)((int)roundf(x[j] * inverse) + 128);
    }
    write_blocks(CK_WEIGHT_Q8_0, blocks, (uint8_t *)tile + 32 * b, elements + 512 * b);
  }
}

static float number_at(ck_weight kind, const uint8_t *p) {
  float value;
  if (kind == CK_WEIGHT_F32) {
    memcpy(&value, p, 4);
    return value;
  }
  if (kind == CK_WEIGHT_F16) return widened(half_at(p));
  uint32_t bits = (uint32_t)half_at(p) << 16;
  memcpy(&value, &bits, 4);
  return value;
}

static int element_at(ck_weight kind, const uint8_t *block, size_t row, size_t j) {
  const size_t g = j / 4, i = 4 * row + j % 4;
  if (kind == CK_WEIGHT_Q8_0) return block[64 * g + i] - 128;
  int q = block[64 * (g / 2) + i] >> (4 * (g % 2)) & 15;
  switch (kind) {
    case CK_WEIGHT_Q4_0: return q - 8;
    case CK_WEIGHT_Q5_0: return (q | (block[256 + i] >> g & 1) << 4) - 16;
    case CK_WEIGHT_Q5_1:
    case CK_WEIGHT_Q5_K: return q | (block[256 + i] >> g & 1) << 4;
    case CK_WEIGHT_Q6_K: return (q | (block[256 + 64 * (g / 4) + i] >> (2 * (g % 4)) & 3) << 4) - 32;
    default: return q;
  }
}

void ck_tile_unpack_row(ck_weight kind, const void *tile, size_t row, size_t k, float *out) {
  if (kind <= CK_WEIGHT_BF16) {
    const size_t width = number_bytes(kind);
    for (size_t i = 0; i < k; i++) out[i] = number_at(kind, (const uint8_t *)tile + (CK_TILE * i + row) * width);
    return;
  }
  const tile_shape shape = shape_of(kind);
  const uint8_t *elements = (const uint8_t *)tile + scale_bytes(kind, k);
  for (size_t i = 0; i < k; i++) {
    const size_t b = i / CK_BLOCK, j = i % CK_BLOCK;
    const uint8_t *scales = (const uint8_t *)tile + b * shape.scales;
    const float q = (float)element_at(kind, elements + b * shape.elements, row, j);
    float d, m;
    if (kind >= CK_WEIGHT_Q4_K) {
      memcpy(&d, scales + 4 * row, 4);
      memcpy(&m, scales + 64 + 4 * row, 4);
      out[i] = kind != CK_WEIGHT_Q6_K ? d * q + m : (j < 16 ? d : m) * q;
    } else {
      d = widened(half_at(scales + 2 * row));
      out[i] = shape.scales == 64 ? d * q + widened(half_at(scales + 32 + 2 * row)) : d * q;
    }
  }
}
