// The serving loops for AVX2 with AVX-VNNI.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)
#define CK_FN(name) ck_serve_##name##_avxvnni
#define CK_NAME "avxvnni"
#define CK_LEVEL 1
#define ROWS 4
#include "ck_serve_vector.h"
#define DOT8 _mm256_dpbusd_avx_epi32
#include "ck_serve_halves.h"
#include "ck_serve_table.h"

const ck_serve *ck_serve_loops_avxvnni(void) { return &CK_FN(table); }
#pragma clang attribute pop
#endif
