#ifndef PEAKS_H
#define PEAKS_H
/// What one core of this processor can do at most: loops that do nothing else.
#include <stddef.h>

#pragma clang assume_nonnull begin

/// Fused multiply-adds in registers, f32, with the widest vectors of this processor.
///
/// Returns how many floating-point operations were done: 0 where there is no such loop.
double peak_fma_f32(size_t iterations);

/// Products of pairs of bf16 added to f32 (`vdpbf16ps`), in registers; 0 without AVX-512 BF16.
double peak_dot_bf16(size_t iterations);

/// Reads `n` elements and returns something that depends on all of them.
float peak_read(const float *x, size_t n);

#pragma clang assume_nonnull end
#endif
