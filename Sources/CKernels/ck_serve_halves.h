// Sixteen lanes of four products each as two halves, where vectors have 256 bits. Included before ck_serve_table.h by
// files whose DOT8(sums, w, x) does one half.
INLINE I CK_FN(dot)(I sums, const void *w, int32_t four) {
  union { I v; __m256i part[2]; } u;
  const __m256i x = _mm256_set1_epi32(four);
  u.v = sums;
  u.part[0] = DOT8(u.part[0], _mm256_loadu_si256((const __m256i *)w), x);
  u.part[1] = DOT8(u.part[1], _mm256_loadu_si256((const __m256i *)w + 1), x);
  return u.v;
}
#define DOT(sums, w, four) CK_FN(dot)(sums, &(w), four)
