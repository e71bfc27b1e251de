#include "ck.h"
#define T double
#define CK_DOUBLE 1
#define CK_TABLE ck_f64
#define CK_FN(name) ck_##name##_f64_portable
#include "ck_template.h"
const ck_f64 *ck_f64_kernels(void) { return &CK_FN(table); }
