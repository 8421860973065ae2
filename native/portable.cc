#include "bernoulli.h"
#include "layer.h"

const rollcast::Kernels rollcast::kPortableKernels = {recurrence_of, draw};
