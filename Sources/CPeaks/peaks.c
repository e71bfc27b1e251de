#include "peaks.h"

// Sixteen independent sums: more than the four cycles of latency times the two units of a core.
#define SUMS 16

#if defined(__x86_64__)
#include <immintrin.h>

#define KEEP_ZMM(x) __asm__ volatile("" : "+v"(x))
#define KEEP_YMM(x) __asm__ volatile("" : "+x"(x))

__attribute__((target("avx512f"))) static double fma_512(size_t iterations) {
  __m512 sums[SUMS], a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(1e-3f);
  for (int i = 0; i < SUMS; i++) sums[i] = _mm512_set1_ps((float)i);
  for (size_t n = 0; n < iterations; n++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < SUMS; i++) {
      sums[i] = _mm512_fmadd_ps(sums[i], a, b);
      KEEP_ZMM(sums[i]);
    }
  }
  return (double)iterations * SUMS * 16 * 2;
}

__attribute__((target("avx2,fma"))) static double fma_256(size_t iterations) {
  // Twelve and two operands fit the sixteen registers.
  __m256 sums[12], a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(1e-3f);
  for (int i = 0; i < 12; i++) sums[i] = _mm256_set1_ps((float)i);
  for (size_t n = 0; n < iterations; n++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; i++) {
      sums[i] = _mm256_fmadd_ps(sums[i], a, b);
      KEEP_YMM(sums[i]);
    }
  }
  return (double)iterations * 12 * 8 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) static double dot_bf16(size_t iterations) {
  __m512 sums[SUMS];
  __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5f), _mm512_set1_ps(0.5f)), b = a;
  for (int i = 0; i < SUMS; i++) sums[i] = _mm512_set1_ps((float)i);
  for (size_t n = 0; n < iterations; n++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < SUMS; i++) {
      sums[i] = _mm512_dpbf16_ps(sums[i], a, b);
      KEEP_ZMM(sums[i]);
    }
  }
  return (double)iterations * SUMS * 32 * 2;
}

// Numbers ahead that are asked for: the processor alone does not ask for as many lines as the memory could give.
#define READ_AHEAD 1536

__attribute__((target("avx512f"))) static float read_512(const float *x, size_t n) {
  __m512 sums[8];
  for (int i = 0; i < 8; i++) sums[i] = _mm512_setzero_ps();
  size_t at = 0;
  for (; at + 128 <= n; at += 128)
    for (int i = 0; i < 8; i++) {
      __builtin_prefetch(x + at + 16 * i + READ_AHEAD);
      sums[i] = _mm512_add_ps(sums[i], _mm512_loadu_ps(x + at + 16 * i));
    }
  for (int i = 1; i < 8; i++) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  float sum = _mm512_reduce_add_ps(sums[0]);
  for (; at < n; at++) sum += x[at];
  return sum;
}

double peak_fma_f32(size_t iterations) {
  if (__builtin_cpu_supports("avx512f")) return fma_512(iterations);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return fma_256(iterations);
  return 0;
}

double peak_dot_bf16(size_t iterations) {
  return __builtin_cpu_supports("avx512bf16") ? dot_bf16(iterations) : 0;
}
#else
double peak_fma_f32(size_t iterations) { return 0 * (double)iterations; }
double peak_dot_bf16(size_t iterations) { return 0 * (double)iterations; }
#endif

float peak_read(const float *x, size_t n) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return read_512(x, n);
#endif
  float sums[32] = {0};
  size_t at = 0;
  for (; at + 32 <= n; at += 32)
    for (int i = 0; i < 32; i++) sums[i] += x[at + i];
  for (int i = 1; i < 32; i++) sums[0] += sums[i];
  for (; at < n; at++) sums[0] += x[at];
  return sums[0];
}
