#include "ck.h"
#define T float
#define CK_DOUBLE 0
#define CK_TABLE ck_f32
#define CK_FN(name) ck_##name##_f32_portable
#include "ck_template.h"
const ck_f32 *ck_f32_table_portable(void) { return &CK_FN(table); }
