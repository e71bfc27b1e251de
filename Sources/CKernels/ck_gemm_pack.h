// Packing into panels: element (p, i) of a panel of `width` columns at `out[p * width + i]`.

#include "ck_gemm_transpose.h"

// Up to 16 rows of `k` elements become columns. Stores are 16 wide: what they write beyond `width` is
// overwritten by the next row, and after the last one by the next panel (or lands in the slack).
static void pack_transposed(const float *x, size_t ldx, size_t rows, size_t k, float *out,
                            size_t width) {
  for (size_t p = 0; p < k; p += 16) {
    size_t count = k - p < 16 ? k - p : 16;
    __mmask16 mask = mask_of(count);
    __m512 r[16];
    if (rows == 16 && count == 16) {
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_ps(x + (size_t)i * ldx + p);
    } else {
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++)
        r[i] = _mm512_maskz_loadu_ps((size_t)i < rows ? mask : 0,
                                     x + ((size_t)i < rows ? (size_t)i * ldx : 0) + p);
    }
    transpose_16(r);
    if (count == 16) {
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++) _mm512_storeu_ps(out + (p + (size_t)i) * width, r[i]);
    } else {
      for (size_t i = 0; i < count; i++) _mm512_storeu_ps(out + (p + i) * width, r[i]);
    }
  }
}

// `k` rows of up to 16 elements stay rows; the rest of the stores as above.
static void pack_rows(const float *x, size_t ldx, size_t columns, size_t k, float *out, size_t width) {
  __mmask16 mask = mask_of(columns);
  for (size_t p = 0; p < k; p++)
    _mm512_storeu_ps(out + p * width, _mm512_maskz_loadu_ps(mask, x + p * ldx));
}

// One panel of B: `k` by 32, zeros beyond `columns`.
static void pack_panel(int transposed, const float *b, size_t ldb, size_t columns, size_t k,
                       float *out) {
  size_t second = columns > 16 ? columns - 16 : 0, first = columns - second;
  if (transposed) {
    pack_transposed(b, ldb, first, k, out, 32);
    pack_transposed(b + (second ? 16 * ldb : 0), ldb, second, k, out + 16, 32);
  } else {
    __mmask16 low = mask_of(first), high = mask_of(second);
    for (size_t p = 0; p < k; p++, b += ldb, out += 32) {
      _mm_prefetch((const char *)(b + 8 * ldb), _MM_HINT_T0);
      _mm_prefetch((const char *)(b + 8 * ldb + 16), _MM_HINT_T0);
      _mm512_storeu_ps(out, _mm512_maskz_loadu_ps(low, b));
      _mm512_storeu_ps(out + 16, _mm512_maskz_loadu_ps(high, b + (second ? 16 : 0)));
    }
  }
}
