// Every loop of ck_serve.h, once. Included by one file per instruction set, after DOT and ROWS.
#include "ck_serve_integer.h"
#include "ck_serve_layers.h"
#include "ck_serve_exact.h"
#include "ck_serve_attention.h"

static const ck_serve CK_FN(table) = {
    .name = CK_NAME,
    .quantise = CK_FN(quantise),
    .add_norm = CK_FN(add_norm),
    .swiglu = CK_FN(swiglu),
    .multiply = CK_FN(multiply),
    .multiply_exact = CK_FN(multiply_exact),
    .append = CK_FN(append),
    .attend = CK_FN(attend),
    .shrink = CK_FN(shrink),
    .expand = CK_FN(expand),
};
