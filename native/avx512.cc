#include "bernoulli.h"
#include "layer.h"

const rollcast::Kernels rollcast::kAvx512Kernels = {recurrence_of, draw};
