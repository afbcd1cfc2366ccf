// Logarithm and power that give the same bits on every x86-64 (the C library picks variants by
// CPU): polynomials in a fixed order of + and ×, nothing that a compiler may contract. Log2 is
// within 4 units in the last place of the true value, Exp2 within 2; that is all that scores need.
// Any thread, once main has begun.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bongsu {

double Log2(double x);  // x > 0; -infinity at 0, NaN below.
double Exp2(double x);  // 0 below -1022, infinity above 1023.
double Log10(double x);
double Log(double x);
double Log1p(double x);  // Log(1 + x), x >= 0; for scales, not for tiny x.

// Each x becomes Log1p(|x|) with its own sign, a NaN stays as it is; by the widest vector unit of
// the machine.
void SignedLog1p(std::span<double> x);
// What this machine can run, the widest last; all give the same bits.
using SignedLog1pKernel = void (*)(double* x, size_t count);
std::vector<SignedLog1pKernel> SignedLog1pKernels();

}  // namespace bongsu
