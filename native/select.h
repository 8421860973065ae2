// Which instruction sets this machine can run.
#pragma once

#include "recurrence.h"

namespace rollcast {

enum class InstructionSet : Size { kPortable, kAvx2, kAvx512 };

bool is_supported(InstructionSet);
const Kernels& kernels_for(InstructionSet);

}  // namespace rollcast
