#ifndef CK_H
#define CK_H
#include <stddef.h>
#include <stdint.h>
#endif
