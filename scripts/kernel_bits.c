// Runs every serving kernel on the same random numbers and prints a hash of the bits that came, one line a kernel.
//
// Every table of the processor is run; where two differ the exit code is 1. check_arm64.sh compares the lines of two
// processors.
#include "ck_serve.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 1;
static uint32_t next(void) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33);
}
static float number(void) { return (float)((int32_t)(next() % 20001) - 10000) / 4096.0f; }
static float *numbers(size_t count) {
  float *x = malloc((count + 16) * sizeof(float));
  for (size_t i = 0; i < count + 16; i++) x[i] = number();
  return x;
}

static uint64_t hash;
static void add(const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
}
static void add_floats(const float *x, size_t count) { add(x, count * sizeof(float)); }

static const char *names[] = {"F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"};
// Bytes of a block, elements of it, and where its binary16 scales are.
static const struct { size_t bytes, elements; int scales[2]; } blocks[] = {
    {4, 1, {-1, -1}},   {2, 1, {-1, -1}},    {2, 1, {-1, -1}},    {18, 32, {0, -1}}, {20, 32, {0, 2}}, {22, 32, {0, -1}},
    {24, 32, {0, 2}}, {34, 32, {0, -1}}, {144, 256, {0, 2}}, {176, 256, {0, 2}}, {210, 256, {208, -1}}};

static void fill(ck_weight kind, uint8_t *row, size_t k) {
  for (size_t b = 0; b < k / blocks[kind].elements; b++) {
    uint8_t *block = row + b * blocks[kind].bytes;
    for (size_t i = 0; i < blocks[kind].bytes; i++) block[i] = (uint8_t)next();
    const float x = number();
    uint32_t bits;
    memcpy(&bits, &x, 4);
    const uint16_t brain = (uint16_t)(bits >> 16);
    if (kind == CK_WEIGHT_F32) memcpy(block, &x, 4);
    if (kind == CK_WEIGHT_F16) ck_to_f16(&x, (uint16_t *)block, 1);
    if (kind == CK_WEIGHT_BF16) memcpy(block, &brain, 2);
    for (int s = 0; s < 2; s++) {
      if (blocks[kind].scales[s] < 0) continue;
      const float scale = number() / 64;
      uint16_t half;
      ck_to_f16(&scale, &half, 1);
      memcpy(block + blocks[kind].scales[s], &half, 2);
    }
  }
}

static void products(const ck_serve *table, ck_weight kind) {
  enum { K = 768, OUTPUTS = 40, ROWS = 13 };
  const size_t row_bytes = K / blocks[kind].elements * blocks[kind].bytes, bytes = ck_tile_bytes(kind, K);
  uint8_t *raw = malloc(OUTPUTS * row_bytes), *tiles = aligned_alloc(64, 3 * bytes);
  uint8_t *quantised = malloc(ROWS * ck_row_bytes(K));
  float *x = numbers(ROWS * K), *bias = numbers(OUTPUTS), y[ROWS * OUTPUTS], row[K];
  for (size_t o = 0; o < OUTPUTS; o++) fill(kind, raw + o * row_bytes, K);
  for (size_t t = 0; t < 3; t++) {
    const size_t left = OUTPUTS - 16 * t;
    if (!ck_tile_pack(kind, raw + 16 * t * row_bytes, row_bytes, left < 16 ? left : 16, K, tiles + t * bytes)) abort();
  }
  ck_tile_unpack_row(kind, tiles, 3, K, row);
  add_floats(row, K);
  ck_product call = {ROWS, K, x, K, tiles, OUTPUTS, bias, y, OUTPUTS};
  table->multiply_exact(kind, &call);
  add_floats(y, ROWS * OUTPUTS);
  if (kind > CK_WEIGHT_BF16) {
    for (size_t r = 0; r < ROWS; r++) {
      table->quantise(x + r * K, K, quantised + r * ck_row_bytes(K));
      add(quantised + r * ck_row_bytes(K), ck_row_bytes(K));
    }
    call.x = quantised;
    table->multiply(kind, &call);
    add_floats(y, ROWS * OUTPUTS);
  }
  free(raw), free(tiles), free(quantised), free(x), free(bias);
}

static void attention(const ck_serve *table, size_t number_bytes, size_t head, size_t window) {
  enum { GROUP = 3, PAGES = 3, POSITIONS = 75, LAST = 5 };
  const size_t padded = (head + 15) / 16 * 16, page_bytes = number_bytes * CK_PAGE * (head + padded);
  void *pages[PAGES];
  for (size_t p = 0; p < PAGES; p++) pages[p] = calloc(1, page_bytes);
  float *q = numbers(POSITIONS * GROUP * head), *out = numbers(LAST * GROUP * head), *norm = numbers(head);
  float *workspace = malloc(LAST * GROUP * (padded + 2) * sizeof(float));
  for (size_t i = 0; i < POSITIONS; i++) {
    float *k = numbers(head), *v = numbers(head), *cosine = numbers(head / 2), *sine = numbers(head / 2);
    ck_append call = {GROUP, head, number_bytes, q + i * GROUP * head, k, v, cosine, sine, norm, norm, 1e-5f,
                      pages[i / CK_PAGE], i % CK_PAGE};
    table->append(&call);
    free(k), free(v), free(cosine), free(sine);
  }
  for (size_t p = 0; p < PAGES; p++) add(pages[p], page_bytes);
  ck_attention call = {LAST, GROUP, head, number_bytes, (const void *const *)pages, 0, POSITIONS - LAST, window,
                       0.125f, q + (POSITIONS - LAST) * GROUP * head, GROUP * head, out, GROUP * head, workspace};
  table->attend(&call);
  add_floats(out, LAST * GROUP * head);
  for (size_t p = 0; p < PAGES; p++) free(pages[p]);
  free(q), free(out), free(norm), free(workspace);
}

static void rows(const ck_serve *table) {
  enum { N = 333, RANK = 7 };
  float *h = numbers(N), *t = numbers(N), *w = numbers(N), *a = numbers(RANK * N), *out = numbers(N), u[RANK];
  uint16_t halves[RANK * N];
  table->add_norm(h, t, w, N, 1e-5f, out);
  add_floats(h, N), add_floats(out, N);
  table->swiglu(h, t, N, out);
  add_floats(out, N);
  ck_to_f16(a, halves, RANK * N);
  add(halves, sizeof halves);
  table->shrink(4, a, RANK, N, h, u);
  table->expand(4, a, N, RANK, N, u, out);
  table->shrink(2, halves, RANK, N, h, u);
  table->expand(2, halves, N, RANK, N, u, out);
  add_floats(out, N);
  free(h), free(t), free(w), free(a), free(out);
}

static int differ = 0;
static void begin(void) { seed = 1, hash = 14695981039346656037u; }
static void end(const char *name, size_t table, uint64_t *first) {
  if (table == 0) *first = hash;
  if (hash != *first) differ = 1;
  if (table == 0) printf("%-10s %016" PRIx64 "\n", name, hash);
  if (hash != *first) printf("%-10s %016" PRIx64 " differs: %s\n", name, hash, ck_serve_kernels(table)->name);
}

int main(void) {
  uint64_t first[16];
  for (size_t i = 0; i < ck_serve_count(); i++) {
    const ck_serve *table = ck_serve_kernels(i);
    fprintf(stderr, "%s\n", table->name);
    for (int kind = CK_WEIGHT_F32; kind <= CK_WEIGHT_Q6_K; kind++) {
      begin(), products(table, kind), end(names[kind], i, first + kind);
    }
    begin(), attention(table, 2, 64, 0), attention(table, 2, 80, 40), end("f16 pages", i, first + 11);
    begin(), attention(table, 4, 64, 40), attention(table, 4, 24, 0), end("f32 pages", i, first + 12);
    begin(), rows(table), end("rows", i, first + 13);
  }
  return differ;
}
