// One function for several vector units: which of its variants this machine can run.
#pragma once

#include <vector>

#if defined(__x86_64__)
#define BONGSU_FOR_AVX2 __attribute__((target("avx2")))
#define BONGSU_FOR_AVX512 __attribute__((target("avx512f")))
#else  // The same as any other function, and never chosen.
#define BONGSU_FOR_AVX2
#define BONGSU_FOR_AVX512
#endif

namespace bongsu {

// The widest last; `portable` runs everywhere.
template <typename Kernel>
std::vector<Kernel> KernelsHere(Kernel portable, [[maybe_unused]] Kernel avx2,
                                [[maybe_unused]] Kernel avx512) {
  std::vector<Kernel> kernels = {portable};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) kernels.push_back(avx2);
  if (__builtin_cpu_supports("avx512f")) kernels.push_back(avx512);
#endif
  return kernels;
}

}  // namespace bongsu
