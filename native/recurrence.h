// What a call of a kernel works on, and the table of functions that each instruction set offers for it.
#pragma once

#include <cstdint>

namespace rollcast {

using Size = std::int64_t;

enum class CellKind : Size { kLstm, kGru, kGruResetBefore, kTanhRnn, kReluRnn };

// One layer's sequences and weights. All arrays are dense, row by row; gates stand in Keras' order.
struct Layer {
  Size batch, steps, inputs, units;  // B, T, I, H
  bool reverse;                      // reads the inputs from their end
  const float* x;                    // (B, T, I)
  const bool* mask;                  // (B, T), false where the state stays as it was; null: all true
  const float* h0;                   // (B, H)
  const float* c0;                   // (B, H), LSTM
  const float* kernel;               // (I, G H)
  const float* recurrent;            // (H, G H)
  const float* bias;                 // (G H), or (2, G H) of a GRU that resets after the product
};

struct Forward {
  Layer layer;
  float* hs;     // (B, T, H)
  float* h_end;  // (B, H)
  float* c_end;  // (B, H), LSTM
  float* saved;  // activations for the gradient; null where none is wanted
  float* work;
};

struct Backward {
  Layer layer;
  const float* hs;
  const float* saved;
  const float* d_hs;     // gradients of what Forward gives; null: zero
  const float* d_h_end;
  const float* d_c_end;
  float* d_x;            // null: not wanted
  float* d_h0;
  float* d_c0;
  float* d_kernel;
  float* d_recurrent;
  float* d_bias;
  float* work;
};

// Floats that a call needs beside its results.
struct Sizes {
  Size saved, forward_work, backward_work;
};

// A call is cut into jobs by its sizes alone, so that results do not depend on the number of threads. The jobs of a
// phase may run side by side, after those of the phases before.
constexpr int kPhases = 3;
struct Jobs {
  Size count[kPhases];
};

struct Recurrence {
  Sizes (*sizes)(const Layer&);
  Jobs (*forward_jobs)(const Layer&);
  Jobs (*backward_jobs)(const Layer&);
  void (*forward)(const Forward&, int phase, Size job);
  void (*backward)(const Backward&, int phase, Size job);
};

// Booleans that are true with a probability, as `jax.random.bernoulli` draws them from a key of two words.
struct Bernoulli {
  Size size;
  const std::uint32_t* key;
  float probability;
  bool* drawn;
};
constexpr Size kBernoulliJob = 2048;  // elements; a multiple of every vector

// What each instruction set offers, from a file of its own that is compiled for it.
struct Kernels {
  const Recurrence& (*recurrence)(CellKind);
  void (*bernoulli)(const Bernoulli&, Size job);
};
extern const Kernels kAvx512Kernels, kAvx2Kernels, kPortableKernels;

}  // namespace rollcast
