#include "ck.h"
#include "ck_serve.h"

const ck_serve *ck_serve_loops_portable(void);

#if defined(__x86_64__)
const ck_serve *ck_serve_loops_avx2(void);
const ck_serve *ck_serve_loops_avxvnni(void);
const ck_serve *ck_serve_loops_avx512(void);

// The tables that this processor can run, in order of preference, and how many they are.
static size_t tables(const ck_serve **out) {
  size_t count = 0;
  out[count++] = ck_serve_loops_portable();
  const ck_isa isa = ck_detect_isa();
  if (isa == CK_PORTABLE || !__builtin_cpu_supports("f16c")) return count;
  out[count++] = ck_serve_loops_avx2();
  if (__builtin_cpu_supports("avxvnni")) out[count++] = ck_serve_loops_avxvnni();
  if (isa == CK_AVX512 && __builtin_cpu_supports("avx512vnni")) out[count++] = ck_serve_loops_avx512();
  return count;
}
#else
static size_t tables(const ck_serve **out) {
  out[0] = ck_serve_loops_portable();
  return 1;
}
#endif

size_t ck_serve_count(void) {
  const ck_serve *all[4];
  return tables(all);
}

const ck_serve *ck_serve_kernels(size_t index) {
  const ck_serve *all[4];
  const size_t count = tables(all);
  return all[index < count ? index : count - 1];
}
