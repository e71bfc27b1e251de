// Vectors of 16 lanes and the mathematics of one, for the templates of ck_serve. Needs CK_FN(name), and
// CK_LEVEL: 0 portable, 1 AVX2 with FMA and F16C, 2 AVX-512.
//
// Multiplications and additions are fused only where fma1 says so, on every instruction set.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma STDC FP_CONTRACT OFF
#include "ck_serve_tile.h"
#include <string.h>
#if CK_LEVEL > 0
#include <immintrin.h>
#endif

typedef float CK_FN(V) __attribute__((vector_size(64)));
typedef float CK_FN(VU) __attribute__((vector_size(64), aligned(4)));
typedef int32_t CK_FN(I) __attribute__((vector_size(64)));
typedef uint32_t CK_FN(N) __attribute__((vector_size(64)));
typedef uint16_t CK_FN(H) __attribute__((vector_size(32)));
typedef uint16_t CK_FN(HU) __attribute__((vector_size(32), aligned(2)));
#define V CK_FN(V)
#define I CK_FN(I)
#define N CK_FN(N)
#define H CK_FN(H)
#define INLINE static inline __attribute__((always_inline))

INLINE V CK_FN(load)(const float *p) { return *(const CK_FN(VU) *)p; }
INLINE void CK_FN(store)(float *p, V v) { *(CK_FN(VU) *)p = v; }
INLINE V CK_FN(set)(float x) { return x - (V){0}; }
INLINE V CK_FN(load_tail)(const float *p, size_t n) {
  V v = {0};
  memcpy(&v, p, n * sizeof(float));
  return v;
}
INLINE void CK_FN(store_tail)(float *p, V v, size_t n) { memcpy(p, &v, n * sizeof(float)); }
INLINE V CK_FN(load_some)(const float *p, size_t n) { return n >= 16 ? CK_FN(load)(p) : CK_FN(load_tail)(p, n); }
INLINE void CK_FN(store_some)(float *p, V v, size_t n) {
  if (n >= 16)
    CK_FN(store)(p, v);
  else
    CK_FN(store_tail)(p, v, n);
}
INLINE V CK_FN(fma1)(V a, V b, V c) { return __builtin_elementwise_fma(a, b, c); }
INLINE V CK_FN(select)(I mask, V a, V b) { return (V)(((I)a & mask) | ((I)b & ~mask)); }
INLINE V CK_FN(vmax)(V a, V b) { return CK_FN(select)(a > b, a, b); }

// The sum, the maximum: halves upon halves.
#define CK_HALVES(op)                                                                               \
  typedef float V8 __attribute__((vector_size(32)));                                                \
  typedef float V4 __attribute__((vector_size(16)));                                                \
  V8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);                                     \
  V8 b = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);                               \
  V8 c = op(a, b);                                                                                  \
  V4 d = op(__builtin_shufflevector(c, c, 0, 1, 2, 3), __builtin_shufflevector(c, c, 4, 5, 6, 7));  \
  float x = op(d[0], d[2]), y = op(d[1], d[3]);                                                     \
  return op(x, y);
#define CK_ADD(a, b) ((a) + (b))
#define CK_MAX(a, b) __builtin_elementwise_max(a, b)
INLINE float CK_FN(reduce_add)(V v) { CK_HALVES(CK_ADD) }
INLINE float CK_FN(reduce_max)(V v) { CK_HALVES(CK_MAX) }
INLINE int32_t CK_FN(reduce_add_int)(I v) { return __builtin_reduce_add(v); }
INLINE uint32_t CK_FN(reduce_max_int)(N v) { return __builtin_reduce_max(v); }

// binary16, which 2^112 takes to binary32's exponents, also what is subnormal.
INLINE V CK_FN(widen)(H half) {
#if CK_LEVEL == 2
  return (V)_mm512_cvtph_ps((__m256i)half);
#elif CK_LEVEL == 1
  union { V v; __m256 part[2]; } u;
  u.part[0] = _mm256_cvtph_ps(_mm256_castsi256_si128((__m256i)half));
  u.part[1] = _mm256_cvtph_ps(_mm256_extracti128_si256((__m256i)half, 1));
  return u.v;
#else
  N wide = __builtin_convertvector(half, N);
  N sign = (wide & 0x8000) << 16, magnitude = (wide & 0x7fff) << 13;
  V scaled = (V)magnitude * 0x1p112f;
  N special = (N)((I)magnitude >= 0x0f800000);
  return (V)(sign | ((magnitude | 0x7f800000) & special) | ((N)scaled & ~special));
#endif
}
INLINE V CK_FN(load_half)(const uint16_t *p) { return CK_FN(widen)(*(const CK_FN(HU) *)p); }
// To nearest even; beyond the largest number, the largest number, so that nothing becomes infinite that was not.
INLINE H CK_FN(narrow)(V x) {
  const float top = 65504.0f;
  I above = (x > top) & (x != __builtin_inff()), below = (x < -top) & (x != -__builtin_inff());
  x = CK_FN(select)(above, CK_FN(set)(top), x);
  x = CK_FN(select)(below, CK_FN(set)(-top), x);
#if CK_LEVEL == 2
  return (H)_mm512_cvtps_ph((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif CK_LEVEL == 1
  union { V v; __m256 part[2]; } u;
  u.v = x;
  __m128i low = _mm256_cvtps_ph(u.part[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m128i high = _mm256_cvtps_ph(u.part[1], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  return (H)_mm256_set_m128i(high, low);
#else
  N bits = (N)x, sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  N normal = (magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000) >> 13;
  N tiny = (N)((V)magnitude + 0.5f) - 0x3f000000;
  N quiet = (magnitude >> 13 & 0x3ff) | 0x200;
  N special = 0x7c00 | (quiet & (N)(magnitude > 0x7f800000));
  N is_tiny = (N)(magnitude < 0x38800000), is_special = (N)(magnitude >= 0x7f800000);
  N value = (tiny & is_tiny) | (special & is_special) | (normal & ~is_tiny & ~is_special);
  return __builtin_convertvector(sign | value, H);
#endif
}

// exp(x) = 2^n exp(r), n = round(x / ln 2), Cephes' polynomial; 0 below the smallest normal number. What is not a
// number stays so.
INLINE V CK_FN(exp1)(V x) {
  const float low = -87.33654f, high = 88.02f, magic = 12582912.0f;
  I below = x < low;
  V c = CK_FN(select)(x > high, CK_FN(set)(high), x);
  c = CK_FN(select)(below, CK_FN(set)(low), c);
  V t = CK_FN(fma1)(c, CK_FN(set)(1.44269504088896340736f), CK_FN(set)(magic));
  V n = t - magic;
  V r = CK_FN(fma1)(n, CK_FN(set)(-0.693359375f), c);
  r = CK_FN(fma1)(n, CK_FN(set)(2.12194440e-4f), r);
  V p = CK_FN(set)(1.9875691500e-4f);
  p = CK_FN(fma1)(p, r, CK_FN(set)(1.3981999507e-3f));
  p = CK_FN(fma1)(p, r, CK_FN(set)(8.3334519073e-3f));
  p = CK_FN(fma1)(p, r, CK_FN(set)(4.1665795894e-2f));
  p = CK_FN(fma1)(p, r, CK_FN(set)(1.6666665459e-1f));
  p = CK_FN(fma1)(p, r, CK_FN(set)(5.0000001201e-1f));
  p = CK_FN(fma1)(p, r * r, r) + 1.0f;
  I scale = ((I)t - (I)CK_FN(set)(magic) + 127) << 23;
  V value = p * (V)scale;
  value = CK_FN(select)(x != x, x, value);
  return CK_FN(select)(below, (V){0}, value);
}
