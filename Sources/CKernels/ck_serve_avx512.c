// The serving loops for AVX-512 with VNNI.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#define CK_FN(name) ck_serve_##name##_avx512
#define CK_NAME "avx512"
#define CK_LEVEL 2
#define ROWS 8
#include "ck_serve_vector.h"
#define DOT(sums, w, four) (I) _mm512_dpbusd_epi32((__m512i)(sums), (__m512i)(w), _mm512_set1_epi32(four))
#include "ck_serve_table.h"

const ck_serve *ck_serve_loops_avx512(void) { return &CK_FN(table); }
#pragma clang attribute pop
#endif
