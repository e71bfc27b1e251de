// Transposition in registers, for packing.

INLINE __mmask16 mask_of(size_t count) {
  return count >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << count) - 1);
}

INLINE void transpose_16(__m512 r[16]) {
  __m512 a[16], b[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    a[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
#define PAIR(part, i, j) \
  _mm512_castpd_ps(_mm512_unpack##part##_pd(_mm512_castps_pd(a[i]), _mm512_castps_pd(a[j])))
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 4) {
    b[i] = PAIR(lo, i, i + 2);
    b[i + 1] = PAIR(hi, i, i + 2);
    b[i + 2] = PAIR(lo, i + 1, i + 3);
    b[i + 3] = PAIR(hi, i + 1, i + 3);
  }
#undef PAIR
#pragma clang loop unroll(full)
  for (int c = 0; c < 4; c++) {
    __m512 even = _mm512_shuffle_f32x4(b[c], b[4 + c], 0x88);
    __m512 odd = _mm512_shuffle_f32x4(b[c], b[4 + c], 0xdd);
    __m512 even2 = _mm512_shuffle_f32x4(b[8 + c], b[12 + c], 0x88);
    __m512 odd2 = _mm512_shuffle_f32x4(b[8 + c], b[12 + c], 0xdd);
    r[c] = _mm512_shuffle_f32x4(even, even2, 0x88);
    r[4 + c] = _mm512_shuffle_f32x4(odd, odd2, 0x88);
    r[8 + c] = _mm512_shuffle_f32x4(even, even2, 0xdd);
    r[12 + c] = _mm512_shuffle_f32x4(odd, odd2, 0xdd);
  }
}
