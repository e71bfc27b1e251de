// Vectors of 64 bytes and the mathematics of one lane, for ck_template.h.
//
// A vector is 64 bytes on every instruction set (the compiler splits it where registers are shorter),
// so that the order of summation is the same everywhere.
//
// Needs: T (float or double), CK_DOUBLE (0 or 1), CK_FN(name).
// Vectors never cross a call: every function that takes one is inlined, so the ABI is not at stake.
#pragma clang diagnostic ignored "-Wpsabi"
#include <math.h>
#include <string.h>

#if CK_DOUBLE
#define LANES 8
typedef int64_t CK_FN(int);
#else
#define LANES 16
typedef int32_t CK_FN(int);
#endif

typedef T CK_FN(V) __attribute__((vector_size(64)));
typedef T CK_FN(U) __attribute__((vector_size(64), aligned(sizeof(T))));
typedef CK_FN(int) CK_FN(I) __attribute__((vector_size(64)));
#define V CK_FN(V)
#define I CK_FN(I)
#define INLINE static inline __attribute__((always_inline))

INLINE V CK_FN(load)(const T *p) { return *(const CK_FN(U) *)p; }
INLINE void CK_FN(store)(T *p, V v) { *(CK_FN(U) *)p = v; }
INLINE V CK_FN(load_tail)(const T *p, size_t n) {
  V v = {0};
  memcpy(&v, p, n * sizeof(T));
  return v;
}
INLINE void CK_FN(store_tail)(T *p, V v, size_t n) { memcpy(p, &v, n * sizeof(T)); }
INLINE V CK_FN(set)(T x) { return x - (V){0}; }
INLINE V CK_FN(select)(I mask, V a, V b) { return (V)(((I)a & mask) | ((I)b & ~mask)); }
INLINE V CK_FN(vmax)(V a, V b) { return CK_FN(select)(a > b, a, b); }

INLINE T CK_FN(reduce_add)(V v) {
  T t[LANES];
  CK_FN(store)(t, v);
  for (int h = LANES / 2; h > 0; h /= 2)
    for (int i = 0; i < h; i++) t[i] += t[i + h];
  return t[0];
}
INLINE T CK_FN(reduce_max)(V v) {
  T t[LANES];
  CK_FN(store)(t, v);
  for (int h = LANES / 2; h > 0; h /= 2)
    for (int i = 0; i < h; i++) t[i] = t[i] > t[i + h] ? t[i] : t[i + h];
  return t[0];
}

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2 (Cody and Waite's two-part ln 2), then a
// polynomial: Cephes' coefficients in f32, Taylor to r^13 in f64. 0 below the smallest normal number.
INLINE V CK_FN(exp1)(V x) {
#if CK_DOUBLE
  const T low = -708.3, high = 709.4, magic = 6755399441055744.0;
  const T hi = 6.93147180369123816490e-01, lo = 1.90821492927058770002e-10;
#else
  const T low = -87.33654f, high = 88.02f, magic = 12582912.0f;
  const T hi = 0.693359375f, lo = -2.12194440e-4f;
#endif
  I below = x < CK_FN(set)(low);
  V c = CK_FN(select)(x > CK_FN(set)(high), CK_FN(set)(high), x);
  c = CK_FN(select)(below, CK_FN(set)(low), c);
  V t = c * (T)1.44269504088896340736 + magic;
  V n = t - magic;
  V r = c - n * hi;
  r = r - n * lo;
#if CK_DOUBLE
  V p = CK_FN(set)(1.0 / 6227020800.0);
  const T k[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
                 1.0 / 5040,      1.0 / 720,      1.0 / 120,     1.0 / 24,     1.0 / 6,
                 0.5,             1.0,            1.0};
  for (int i = 0; i < 13; i++) p = p * r + k[i];
  I scale = ((I)t - (I)CK_FN(set)(magic) + 1023) << 52;
#else
  V p = CK_FN(set)(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  V r2 = r * r;
  p = p * r2 + r;
  p = p + 1.0f;
  I scale = ((I)t - (I)CK_FN(set)(magic) + 127) << 23;
#endif
  return CK_FN(select)(below, (V){0}, p * (V)scale);
}

INLINE V CK_FN(sigmoid1)(V x) {
  // Above -low(exp), exp(-x) is 0 and the quotient exactly 1; below, it saturates at the largest power.
  return (T)1 / ((T)1 + CK_FN(exp1)(-x));
}

INLINE V CK_FN(sqrt1)(V x) { return __builtin_elementwise_sqrt(x); }
