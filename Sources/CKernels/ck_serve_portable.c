// The serving loops for any processor, the reference of the others.
#define CK_FN(name) ck_serve_##name##_portable
#define CK_NAME "portable"
#define CK_LEVEL 0
#define ROWS 4
#include "ck_serve_vector.h"

INLINE I ck_serve_dot_portable(I sums, const uint8_t *w, int32_t four) {
  int8_t x[4];
  memcpy(x, &four, 4);
  for (int i = 0; i < 16; i++)
    for (int j = 0; j < 4; j++) sums[i] += w[4 * i + j] * x[j];
  return sums;
}
#define DOT(sums, w, four) ck_serve_dot_portable(sums, (const uint8_t *)&(w), four)
#include "ck_serve_table.h"

const ck_serve *ck_serve_loops_portable(void) { return &CK_FN(table); }
