// How a layer is cut into blocks, and where its weights lie while it is at work.
#pragma once

#include "cells.h"
#include "product.h"
#include "recurrence.h"

namespace {

using rollcast::Layer;

constexpr Size kBlockRows = 48;       // at most; a multiple of every tile's height
constexpr Size kChunkRows = 112;      // rows times steps of one product for the weights' gradient
constexpr Size kMostShards = 16;      // sums of the weights' gradient, added up at the end
constexpr Size kSmallWork = 1 << 20;  // multiplications that are not worth a second thread
constexpr Size kFewRows = 8;          // rows times steps for which weights are read where they lie

template <int S>
using Stage = std::integral_constant<int, S>;

template <class Cell, class F>
ROLLCAST_INLINE void each_stage(F&& f) {
  f(Stage<0>{});
  if constexpr (Cell::kStages > 1) f(Stage<1>{});
}

template <class Cell>
struct Shape {
  Size B, T, I, H;
  Size units;    // vectors of units
  Size padded;   // H in whole vectors
  Size stride;   // of a row of [h, x]
  Size blocks;   // of rows
  Size most;     // rows of a block, at most
  Size shards;   // runs of blocks that share a sum of the weights' gradient
  Size steps;    // of a chunk, going backward
  bool in_place; // weights are read where they lie

  explicit Shape(const Layer& l) : B(l.batch), T(l.steps), I(l.inputs), H(l.units) {
    units = (H + kLanes - 1) / kLanes;
    padded = units * kLanes;
    stride = round_up(padded + I, 16);
    if (stride / 16 % 2 == 0) stride += 16;  // an odd number of cache lines: rows fall on different sets
    const bool small = B < 8 || B * T * (H + I) * H * Cell::kGates < kSmallWork;
    const Size rows = B < 1 ? 1 : B;  // an empty batch is one block without rows
    blocks = (rows + kBlockRows - 1) / kBlockRows;
    if (!small) blocks = round_up(blocks, 2);
    most = (rows + blocks - 1) / blocks;
    shards = blocks < kMostShards ? blocks : kMostShards;
    steps = kChunkRows / most;
    steps = steps < 1 ? 1 : steps > T ? T : steps;
    in_place = B * T <= kFewRows && H % kLanes == 0;
  }
  Size block_begin(Size i) const { return B * i / blocks; }
  Size shard_begin(Size i) const { return blocks * i / shards; }

  // Of a vector of units: how many of its lanes are units.
  int lanes(Size u) const { return static_cast<int>(H - u * kLanes < kLanes ? H - u * kLanes : kLanes); }

  // Floats of a stage's weights for one vector of units: rows of h, rows of x.
  template <int S>
  Size weights_of_units(Stage<S>) const {
    return (H * Cell::kOfH[S].size() + I * Cell::kOfX[S].size()) * kLanes;
  }
  Size all_weights_of_units() const {
    Size n = 0;
    each_stage<Cell>([&](auto s) { n += weights_of_units(s) + Cell::kColumns[s] * kLanes; });
    return n;
  }
  // Where a stage's weights of a vector of units begin; its biases follow them.
  template <int S>
  Size place(Stage<S>, Size u) const {
    Size at = u * all_weights_of_units();
    if constexpr (S > 0) at += weights_of_units(Stage<0>{}) + Cell::kColumns[0] * kLanes;
    return at;
  }
};

inline bool is_read(const Layer& l, Size row, Size t) { return !l.mask || l.mask[row * l.steps + t]; }
inline Size time_of_x(const Layer& l, Size t) { return l.reverse ? l.steps - 1 - t : t; }

// The inputs of a step beside h; zeros where a row is not read, so that a NaN there stays without effect.
template <class Cell>
void copy_inputs(const Layer& l, const Shape<Cell>& g, Size first, Size rows, Size tx, float* to) {
  for (Size r = 0; r < rows; r++) {
    float* x = to + r * g.stride + g.padded;
    if (is_read(l, first + r, tx))
      copy_floats(x, l.x + ((first + r) * g.T + tx) * g.I, g.I);
    else
      if (g.I) std::memset(x, 0, sizeof(float) * g.I);
  }
}

}  // namespace
