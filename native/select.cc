#include "select.h"

namespace rollcast {

bool is_supported(InstructionSet set) {
  switch (set) {
    case InstructionSet::kPortable: return true;
#if ROLLCAST_X86
    case InstructionSet::kAvx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case InstructionSet::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
#endif
    default: return false;
  }
}

const Kernels& kernels_for([[maybe_unused]] InstructionSet set) {
#if ROLLCAST_X86
  if (set == InstructionSet::kAvx512) return kAvx512Kernels;
  if (set == InstructionSet::kAvx2) return kAvx2Kernels;
#endif
  return kPortableKernels;
}

}  // namespace rollcast
