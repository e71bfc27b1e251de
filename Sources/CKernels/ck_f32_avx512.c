#include "ck.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define T float
#define CK_DOUBLE 0
#define CK_TABLE ck_f32
#define CK_FN(name) ck_##name##_f32_avx512
#include "ck_template.h"
#pragma clang attribute pop
const ck_f32 *ck_f32_table_avx512(void) { return &CK_FN(table); }
#endif
