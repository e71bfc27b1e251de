#include "ck.h"

const ck_f32 *ck_f32_table_portable(void);

#if defined(__x86_64__)
#include <immintrin.h>
const ck_f32 *ck_f32_table_avx2(void);
const ck_f32 *ck_f32_table_avx512(void);

ck_isa ck_detect_isa(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return CK_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return CK_AVX2;
  return CK_PORTABLE;
}

const ck_f32 *ck_f32_kernels(ck_isa isa) {
  if (isa == CK_AVX512) return ck_f32_table_avx512();
  if (isa == CK_AVX2) return ck_f32_table_avx2();
  return ck_f32_table_portable();
}

void ck_pause(void) { _mm_pause(); }
#else
ck_isa ck_detect_isa(void) { return CK_PORTABLE; }

const ck_f32 *ck_f32_kernels(ck_isa isa) {
  (void)isa;
  return ck_f32_table_portable();
}

void ck_pause(void) {
#if defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
#endif
