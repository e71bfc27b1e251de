// The serving loops for AVX2 with AVX-VNNI.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)
#define CK_FN(name) ck_serve_##name##_avxvnni
#define CK_NAME "avxvnni"
#define CK_LEVEL 1
#define ROWS 4
#include "ck_serve_vector.h"

INLINE I ck_serve_dot_avxvnni(I sums, const void *w, int32_t four) {
  union { I v; __m256i part[2]; } u;
  const __m256i x = _mm256_set1_epi32(four);
  u.v = sums;
  u.part[0] = _mm256_dpbusd_avx_epi32(u.part[0], _mm256_loadu_si256((const __m256i *)w), x);
  u.part[1] = _mm256_dpbusd_avx_epi32(u.part[1], _mm256_loadu_si256((const __m256i *)w + 1), x);
  return u.v;
}
#define DOT(sums, w, four) ck_serve_dot_avxvnni(sums, &(w), four)
#include "ck_serve_table.h"

const ck_serve *ck_serve_loops_avxvnni(void) { return &CK_FN(table); }
#pragma clang attribute pop
#endif
