#include "layer.h"

const rollcast::Kernel& rollcast::portable_kernel(CellKind cell) { return kernel_of(cell); }
