#include "bernoulli.h"
#include "layer.h"

const rollcast::Kernels rollcast::kAvx2Kernels = {recurrence_of, draw};
