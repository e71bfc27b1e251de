// The serving loops for AVX2.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define CK_FN(name) ck_serve_##name##_avx2
#define CK_NAME "avx2"
#define CK_LEVEL 1
#define ROWS 4
#include "ck_serve_vector.h"

// Pairs of products are added in 16 bits, which 255 · 127 · 2 would exceed: elements lose their upper bit first, and
// 128 times the sum of the activations comes back where there was one.
INLINE __m256i ck_serve_dot8_avx2(__m256i sums, __m256i w, __m256i x) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i low = _mm256_maddubs_epi16(_mm256_and_si256(w, _mm256_set1_epi8(127)), x);
  __m256i upper = _mm256_and_si256(_mm256_srli_epi16(w, 7), _mm256_set1_epi8(1));
  __m256i high = _mm256_slli_epi32(_mm256_madd_epi16(_mm256_maddubs_epi16(upper, x), ones), 7);
  return _mm256_add_epi32(_mm256_add_epi32(sums, high), _mm256_madd_epi16(low, ones));
}
#define DOT8 ck_serve_dot8_avx2
#include "ck_serve_halves.h"
#include "ck_serve_table.h"

const ck_serve *ck_serve_loops_avx2(void) { return &CK_FN(table); }
#pragma clang attribute pop
#endif
