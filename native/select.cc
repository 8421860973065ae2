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

const Kernel& kernel_for(InstructionSet set, CellKind cell) {
#if ROLLCAST_X86
  if (set == InstructionSet::kAvx512) return avx512_kernel(cell);
  if (set == InstructionSet::kAvx2) return avx2_kernel(cell);
#endif
  return portable_kernel(cell);
}

}  // namespace rollcast
