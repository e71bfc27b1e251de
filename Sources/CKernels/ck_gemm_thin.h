// Products of few rows with a transposed B, as in decoding: dot products that read B once.

// `rows` rows of A against `columns` rows of B, 16 partial sums each, added by one fixed tree.
INLINE void thin(const int rows, const int columns, size_t k, const float *a, size_t lda,
                 const float *b, size_t ldb, float alpha, float beta, float *c, size_t step_row,
                 size_t step_column) {
  __m512 sum[CK_GEMM_THIN][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int j = 0; j < columns; j++) sum[r][j] = _mm512_setzero_ps();
  for (size_t p = 0; p < k; p += 16) {
    __mmask16 mask = mask_of(k - p);
    __m512 y[4];
#pragma clang loop unroll(full)
    for (int j = 0; j < columns; j++) {
      y[j] = _mm512_maskz_loadu_ps(mask, b + (size_t)j * ldb + p);
      // The rows of the call after the next: B streams from memory.
      _mm_prefetch((const char *)(b + (size_t)(j + 2 * columns) * ldb + p), _MM_HINT_T0);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      __m512 x = _mm512_maskz_loadu_ps(mask, a + (size_t)r * lda + p);
#pragma clang loop unroll(full)
      for (int j = 0; j < columns; j++) sum[r][j] = _mm512_fmadd_ps(x, y[j], sum[r][j]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int j = 0; j < columns; j++) {
      float *at = c + (size_t)r * step_row + (size_t)j * step_column;
      float result = alpha * _mm512_reduce_add_ps(sum[r][j]);
      *at = beta != 0 ? result + beta * *at : result;
    }
}

typedef void (*thin_function)(size_t n, size_t k, const float *a, size_t lda, const float *b,
                              size_t ldb, float alpha, float beta, float *c, size_t step_row,
                              size_t step_column);

// As many rows of B at a time as registers hold sums for, then the rest one by one.
#define THIN(rows, columns)                                                                         \
  static void thin_##rows(size_t n, size_t k, const float *a, size_t lda, const float *b,           \
                          size_t ldb, float alpha, float beta, float *c, size_t step_row,           \
                          size_t step_column) {                                                     \
    size_t j = 0;                                                                                   \
    for (; j + columns <= n; j += columns)                                                          \
      thin(rows, columns, k, a, lda, b + j * ldb, ldb, alpha, beta, c + j * step_column, step_row,  \
           step_column);                                                                            \
    for (; j < n; j++)                                                                              \
      thin(rows, 1, k, a, lda, b + j * ldb, ldb, alpha, beta, c + j * step_column, step_row,        \
           step_column);                                                                            \
  }
THIN(1, 4)
THIN(2, 4)
THIN(3, 4)
THIN(4, 4)
THIN(5, 4)
THIN(6, 4)
THIN(7, 2)
THIN(8, 2)
THIN(9, 2)
THIN(10, 2)
THIN(11, 2)
THIN(12, 2)
THIN(13, 2)
THIN(14, 2)

static const thin_function thins[CK_GEMM_THIN] = {thin_1,  thin_2,  thin_3,  thin_4, thin_5,
                                                  thin_6,  thin_7,  thin_8,  thin_9, thin_10,
                                                  thin_11, thin_12, thin_13, thin_14};
