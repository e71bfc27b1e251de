#include "ck.h"
