// A layer over a whole sequence, forward and backward: the time loop, once for all cells.
//
// Rows of the batch are independent going forward, and are cut into blocks whose states stay in the cache. Within a
// block each step is one product of [h, x] with weights that are packed by vectors of units. Backward, a block's steps
// are taken some at a time: first what the sums of each step owe and what goes on to the step before, then the weights'
// gradient as one long product over those steps and rows.
#pragma once

#include "cells.h"
#include "product.h"
#include "recurrence.h"

namespace {

using rollcast::Backward;
using rollcast::Forward;
using rollcast::Jobs;
using rollcast::Layer;
using rollcast::Sizes;

constexpr Size kBlockRows = 48;       // at most; a multiple of every tile's height
constexpr Size kChunkRows = 112;      // rows times steps of one product for the weights' gradient
constexpr Size kMostShards = 16;      // sums of the weights' gradient, added up at the end
constexpr Size kSmallWork = 1 << 18;  // multiplications that are not worth a second thread
constexpr Size kFewRows = 8;          // rows times steps for which weights are read where they lie
constexpr int kPanel = 4;             // vectors of a panel of packed weights, going backward

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
    blocks = small ? 1 : (B + kBlockRows - 1) / kBlockRows;
    if (small && B > kBlockRows) blocks = (B + kBlockRows - 1) / kBlockRows;
    if (!small) blocks = round_up(blocks, 2);
    most = (B + blocks - 1) / blocks;
    shards = blocks < kMostShards ? blocks : kMostShards;
    steps = kChunkRows / most;
    steps = steps < 1 ? 1 : steps > T ? T : steps;
    in_place = B * T <= kFewRows && H % kLanes == 0;
  }
  Size block_begin(Size i) const { return B * i / blocks; }
  Size shard_begin(Size i) const { return blocks * i / shards; }
};

template <class Cell>
class Sequence {
  using Geometry = Shape<Cell>;
  static constexpr int kStages = Cell::kStages, kLast = kStages - 1;
  static constexpr int kSaved = Cell::kSaved;

  // Floats of a stage's weights for one vector of units: rows of h, rows of x.
  template <int S>
  static Size weights_of_units(const Geometry& g) {
    return (g.H * Cell::kOfH[S].size() + g.I * Cell::kOfX[S].size()) * kLanes;
  }
  template <class F>
  static ROLLCAST_INLINE void each_stage(F&& f) {
    f(std::integral_constant<int, 0>{});
    if constexpr (kStages > 1) f(std::integral_constant<int, 1>{});
  }
  static Size all_weights_of_units(const Geometry& g) {
    Size n = 0;
    each_stage([&](auto s) { n += weights_of_units<s>(g) + Cell::kColumns[s] * kLanes; });
    return n;
  }
  // Where a stage's weights of a vector of units begin; its biases follow them.
  template <int S>
  static Size place(const Geometry& g, Size u) {
    Size at = u * all_weights_of_units(g);
    if constexpr (S > 0) at += weights_of_units<0>(g) + Cell::kColumns[0] * kLanes;
    return at;
  }
  static int lanes(const Geometry& g, Size u) {
    return static_cast<int>(g.H - u * kLanes < kLanes ? g.H - u * kLanes : kLanes);
  }
  static bool is_read(const Layer& l, Size row, Size t) { return !l.mask || l.mask[row * l.steps + t]; }
  static Size time_of_x(const Layer& l, Size t) { return l.reverse ? l.steps - 1 - t : t; }

  // A column's bias, whichever biases it has.
  template <int S>
  static ROLLCAST_INLINE Vector bias_of(const Layer& l, int c, Size u, int n) {
    const float* b = l.bias + Cell::kGateOfColumn[S][c] * l.units + u * kLanes;
    if constexpr (!Cell::kTwoBiases) return load(b, n);
    Vector v{};
    const auto has = [c](Range range) { return range.first <= c && c < range.last; };
    if (has(Cell::kOfX[S])) v = v + load(b, n);
    if (has(Cell::kOfH[S])) v = v + load(b + Cell::kGates * l.units, n);
    return v;
  }

  // ---- forward ----

  static void pack(const Forward& f, Size u) {
    const Layer& l = f.layer;
    const Geometry g(l);
    const int n = lanes(g, u);
    each_stage([&](auto s) {
      float* to = f.work + place<s>(g, u);
      const auto rows = [&](const float* from, Size count, Range range) {
        for (Size k = 0; k < count; k++)
          for (int c = range.first; c < range.last; c++, to += kLanes)
            store(to, load(from + (k * Cell::kGates + Cell::kGateOfColumn[s][c]) * g.H + u * kLanes, n));
      };
      rows(l.recurrent, g.H, Cell::kOfH[s]);
      rows(l.kernel, g.I, Cell::kOfX[s]);
      for (int c = 0; c < Cell::kColumns[s]; c++, to += kLanes) store(to, bias_of<s>(l, c, u, n));
    });
  }

  // Floats beside the packed weights that a block needs: [h, x] before and after, memory, reset state, what is kept.
  static Size block_work(const Geometry& g) {
    Size n = 2 * g.stride;
    if (Cell::kHasMemory) n += g.padded;
    if (kStages > 1) n += g.padded * (1 + kSaved);
    return round_up(n * g.most, 16);
  }

  template <int S, bool kInPlace, int kRows, int kColumns>
  static ROLLCAST_INLINE void sums_of(const Forward& f, const Geometry& g, Size u, const float* h, Size h_stride,
                                      const float* x, Vector (&sums)[kRows][kColumns]) {
    constexpr Range of_h = Cell::kOfH[S], of_x = Cell::kOfX[S];
    if constexpr (kInPlace) {
      const float *wh[kColumns], *wx[kColumns];
      for (int c = 0; c < kColumns; c++) {
        const Size at = Cell::kGateOfColumn[S][c] * g.H + u * kLanes;
        wh[c] = f.layer.recurrent + at;
        wx[c] = f.layer.kernel + at;
        const Vector b = bias_of<S>(f.layer, c, u, kLanes);
        for (int r = 0; r < kRows; r++) sums[r][c] = b;
      }
      const Size step = Cell::kGates * g.H;
      multiply_in_place<of_h.first, of_h.size()>(sums, Elements<false>{h, h_stride}, g.H, wh, step);
      multiply_in_place<of_x.first, of_x.size()>(sums, Elements<false>{x, g.stride}, g.I, wx, step);
    } else {
      const float* w = f.work + place<S>(g, u);
      const float* b = w + weights_of_units<S>(g);
      ROLLCAST_UNROLL for (int r = 0; r < kRows; r++)
        ROLLCAST_UNROLL for (int c = 0; c < kColumns; c++) sums[r][c] = load(b + c * kLanes);
      multiply<of_h.first, of_h.size()>(sums, Elements<false>{h, h_stride}, g.H, w);
      multiply<of_x.first, of_x.size()>(sums, Elements<false>{x, g.stride}, g.I, w + g.H * of_h.size() * kLanes);
    }
  }

  template <bool kInPlace>
  static void forward_block(const Forward& f, Size block) {
    const Layer& l = f.layer;
    const Geometry g(l);
    const Size first = g.block_begin(block), rows = g.block_begin(block + 1) - first;
    float* work = f.work + (g.in_place ? 0 : g.units * all_weights_of_units(g)) + block * block_work(g);
    float* now = work;
    float* next = now + rows * g.stride;
    float* memory = next + rows * g.stride;
    float* reset = memory + (Cell::kHasMemory ? rows * g.padded : 0);
    float* scratch = kStages > 1 ? reset + rows * g.padded : nullptr;
    const auto start = [&](float* to, Size to_stride, const float* from) {
      for (Size r = 0; r < rows; r++)
        for (Size u = 0; u < g.units; u++)
          store(to + r * to_stride + u * kLanes, load(from + (first + r) * g.H + u * kLanes, lanes(g, u)));
    };
    start(now, g.stride, l.h0);
    if (Cell::kHasMemory) start(memory, g.padded, l.c0);

    for (Size t = 0; t < g.T; t++) {
      const Size tx = time_of_x(l, t);
      copy_inputs(l, g, first, rows, tx, now);
      const auto kept = [&](Size u) {
        return f.saved ? f.saved + ((t * g.units + u) * g.B + first) * kSaved * kLanes
                       : scratch + (scratch ? u * rows * kSaved * kLanes : 0);
      };
      if constexpr (kStages > 1) {
        for (Size u = 0; u < g.units; u++)
          by_tiles<tile_rows(Cell::kColumns[0])>(rows, [&](auto count, Size r0) ROLLCAST_INLINE_LAMBDA {
            constexpr int kRows = count;
            Vector sums[kRows][Cell::kColumns[0]];
            const float* a = now + r0 * g.stride;
            sums_of<0, kInPlace>(f, g, u, a, g.stride, a + g.padded, sums);
            for (int r = 0; r < kRows; r++) {
              Vector keep[kSaved];
              const Vector v = Cell::reset(sums[r], load(a + r * g.stride + u * kLanes), keep);
              store(reset + (r0 + r) * g.padded + u * kLanes, v);
              float* to = kept(u) + (r0 + r) * kSaved * kLanes;
              store(to, keep[0]), store(to + kLanes, keep[1]);
            }
          });
      }
      for (Size u = 0; u < g.units; u++) {
        const int n = lanes(g, u);
        float* const keep_at = kept(u);
        by_tiles<tile_rows(Cell::kColumns[kLast])>(rows, [&](auto count, Size r0) ROLLCAST_INLINE_LAMBDA {
          constexpr int kRows = count;
          Vector sums[kRows][Cell::kColumns[kLast]];
          const float* a = now + r0 * g.stride;
          const float* h = kStages > 1 ? reset + r0 * g.padded : a;
          sums_of<kLast, kInPlace>(f, g, u, h, kStages > 1 ? g.padded : g.stride, a + g.padded, sums);
          ROLLCAST_UNROLL for (int r = 0; r < kRows; r++) {
            const Size row = r0 + r;
            const Vector old = load(a + r * g.stride + u * kLanes);
            Vector h_new = old;
            if (is_read(l, first + row, tx)) {
              Vector keep[kSaved], c{};
              float* keep_row = keep_at + row * kSaved * kLanes;
              if constexpr (kStages > 1) keep[0] = load(keep_row), keep[1] = load(keep_row + kLanes);
              if constexpr (Cell::kHasMemory) c = load(memory + row * g.padded + u * kLanes);
              h_new = Cell::step(sums[r], old, c, keep);
              if constexpr (Cell::kHasMemory) store(memory + row * g.padded + u * kLanes, c);
              if (f.saved)
                ROLLCAST_UNROLL for (int i = 0; i < kSaved; i++) store(keep_row + i * kLanes, keep[i]);
            }
            store(next + row * g.stride + u * kLanes, h_new);
            store(f.hs + ((first + row) * g.T + t) * g.H + u * kLanes, h_new, n);
          }
        });
      }
      float* before = now;
      now = next;
      next = before;
    }
    const auto finish = [&](float* to, const float* from, Size from_stride) {
      for (Size r = 0; r < rows; r++) std::memcpy(to + (first + r) * g.H, from + r * from_stride, sizeof(float) * g.H);
    };
    finish(f.h_end, now, g.stride);
    if (Cell::kHasMemory) finish(f.c_end, memory, g.padded);
  }

  // The inputs of a step beside h; zeros where a row is not read, so that a NaN there stays without effect.
  static void copy_inputs(const Layer& l, const Geometry& g, Size first, Size rows, Size tx, float* to) {
    for (Size r = 0; r < rows; r++) {
      float* x = to + r * g.stride + g.padded;
      if (is_read(l, first + r, tx))
        std::memcpy(x, l.x + ((first + r) * g.T + tx) * g.I, sizeof(float) * g.I);
      else
        std::memset(x, 0, sizeof(float) * g.I);
    }
  }

  // ---- backward ----

  // Weights for the products with what the sums owe: panels of up to four vectors of h's units, then of x's inputs, a
  // row for each sum of each unit.
  template <int S>
  static Size transposed_of_stage(const Geometry& g) {
    const Size x = round_up(g.I, kLanes);
    return g.padded * (g.padded * Cell::kOfH[S].size() + x * Cell::kOfX[S].size());
  }
  static Size transposed(const Geometry& g) {
    Size n = 0;
    each_stage([&](auto s) { n += transposed_of_stage<s>(g); });
    return n;
  }
  template <int S>
  static const float* transposed_of(const Geometry& g, const float* work) {
    return S > 0 ? work + transposed_of_stage<0>(g) : work;
  }
  static void transpose(const Backward& b, Size u) {
    const Layer& l = b.layer;
    const Geometry g(l);
    const int n = lanes(g, u);
    each_stage([&](auto s) {
      float* panel = b.work + (s > 0 ? transposed_of_stage<0>(g) : 0);
      const auto panels = [&](const float* from, Size outputs, Range range) {
        const Size whole = (outputs + kLanes - 1) / kLanes;
        for (Size v = 0; v < whole; v += kPanel) {
          const Size width = (whole - v < kPanel ? whole - v : kPanel) * kLanes;
          const Size here = outputs - v * kLanes < width ? outputs - v * kLanes : width;
          float* to = panel + u * range.size() * kLanes * width;
          for (int c = range.first; c < range.last; c++, to += kLanes * width) {
            const float* column = from + v * kLanes * Cell::kGates * g.H + Cell::kGateOfColumn[s][c] * g.H + u * kLanes;
            for (Size first = 0; first < width; first += kLanes)
              for (int i = 0; i < kLanes; i++)
                for (Size k = first; k < first + kLanes; k++)
                  to[i * width + k] = i < n && k < here ? column[k * Cell::kGates * g.H + i] : 0.0f;
          }
          panel += g.padded * range.size() * width;
        }
      };
      panels(l.recurrent, g.H, Cell::kOfH[s]);
      panels(l.kernel, b.d_x ? g.I : 0, Cell::kOfX[s]);
    });
  }

  // Buffers of a shard: dh, dc, d of the reset state; of a chunk: [h, x], reset state, what the sums owe.
  static Size shard_work(const Geometry& g) {
    Size n = 2 * g.padded;
    if (kStages > 1) n += g.padded;
    Size chunk = g.stride;
    if (kStages > 1) chunk += g.padded;
    each_stage([&](auto s) { chunk += Cell::kColumns[s] * g.padded; });
    return round_up(g.most * (n + g.steps * chunk), 16);
  }
  static Size gradient_sum(const Geometry& g) { return g.units * all_weights_of_units(g); }

  // to (rows, outputs) = owed times transposed weights, or added to what is there.
  template <int kColumns, int kFirst, int kCount, int kVectors>
  static void owe_panel(const Geometry& g, Size rows, const float* owed, Size units_stride, const float* weights,
                        bool add, float* to, Size to_stride, int n_last) {
    by_tiles<tile_rows(kVectors)>(rows, [&](auto count, Size r0) ROLLCAST_INLINE_LAMBDA {
      constexpr int kRows = count;
      Vector sums[kRows][kVectors];
      float* out = to + r0 * to_stride;
      const auto lanes_of = [&](int v) { return v == kVectors - 1 ? n_last : kLanes; };
      ROLLCAST_UNROLL for (int r = 0; r < kRows; r++)
        ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++)
          sums[r][v] = add ? load(out + r * to_stride + v * kLanes, lanes_of(v)) : Vector{};
      const float* w = weights;
      for (Size u = 0; u < g.units; u++, w += kCount * kLanes * kVectors * kLanes)
        multiply<0, kVectors>(sums,
                              Elements<false>{owed + u * units_stride + r0 * kColumns * kLanes + kFirst * kLanes,
                                              kColumns * kLanes},
                              kCount * kLanes, w);
      ROLLCAST_UNROLL for (int r = 0; r < kRows; r++)
        ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++)
          store(out + r * to_stride + v * kLanes, sums[r][v], lanes_of(v));
    });
  }
  template <int kColumns, int kFirst, int kCount>
  static void owe(const Geometry& g, Size rows, const float* owed, Size units_stride, const float* weights, bool add,
                  float* to, Size to_stride, Size outputs) {
    const Size whole = (outputs + kLanes - 1) / kLanes;
    for (Size v = 0; v < whole; v += kPanel) {
      const int vectors = static_cast<int>(whole - v < kPanel ? whole - v : kPanel);
      const Size left = outputs - (v + vectors - 1) * kLanes;
      const int n_last = static_cast<int>(left < kLanes ? left : kLanes);
      tile_of<kPanel>(vectors, [&](auto count) {
        owe_panel<kColumns, kFirst, kCount, count>(g, rows, owed, units_stride, weights, add, to + v * kLanes,
                                                   to_stride, n_last);
      });
      weights += g.padded * kCount * vectors * kLanes;
    }
  }

  static void backward_shard(const Backward& b, Size shard) {
    const Geometry g(b.layer);
    float* sum = b.work + round_up(transposed(g), 16) + shard * gradient_sum(g);
    float* work = b.work + round_up(transposed(g), 16) + g.shards * gradient_sum(g) + shard * shard_work(g);
    each_stage([&](auto s) {
      for (Size u = 0; u < g.units; u++)
        std::memset(sum + place<s>(g, u) + weights_of_units<s>(g), 0, sizeof(float) * Cell::kColumns[s] * kLanes);
    });
    bool add = false;
    for (Size block = g.shard_begin(shard); block < g.shard_begin(shard + 1); block++, add = true)
      backward_block(b, g, block, sum, add, work);
  }

  static void backward_block(const Backward& b, const Geometry& g, Size block, float* sum, bool add, float* work) {
    const Layer& l = b.layer;
    const Size first = g.block_begin(block), rows = g.block_begin(block + 1) - first;
    float* dh = work;
    float* dc = dh + rows * g.padded;
    float* d_reset = dc + rows * g.padded;
    float* a = d_reset + (kStages > 1 ? rows * g.padded : 0);
    float* reset = a + g.steps * rows * g.stride;
    float* owed[2];
    owed[0] = reset + (kStages > 1 ? g.steps * rows * g.padded : 0);
    owed[1] = owed[0] + g.steps * rows * Cell::kColumns[0] * g.padded;
    const auto start = [&](float* to, const float* from) {
      for (Size r = 0; r < rows; r++)
        for (Size u = 0; u < g.units; u++)
          store(to + r * g.padded + u * kLanes,
                from ? load(from + (first + r) * g.H + u * kLanes, lanes(g, u)) : Vector{});
    };
    start(dh, b.d_h_end);
    if (Cell::kHasMemory) start(dc, b.d_c_end);

    for (Size end = g.T; end > 0;) {
      const Size begin = end > g.steps ? end - g.steps : 0;
      const Size chunk = (end - begin) * rows;
      for (Size t = end - 1; t >= begin; t--) {
        const Size at = (t - begin) * rows, tx = time_of_x(l, t);
        float* now = a + at * g.stride;
        copy_inputs(l, g, first, rows, tx, now);
        for (Size r = 0; r < rows; r++) {
          const float* h = t ? b.hs + ((first + r) * g.T + t - 1) * g.H : l.h0 + (first + r) * g.H;
          for (Size u = 0; u < g.units; u++)
            store(now + r * g.stride + u * kLanes, load(h + u * kLanes, lanes(g, u)));
        }
        step_back(b, g, first, rows, t, tx, now, dh, dc, d_reset, reset + at * g.padded, owed, at, chunk, sum);
      }
      each_stage([&](auto s) { add_weights<s>(g, chunk, a, reset, owed[s], sum, add); });
      add = true;
      end = begin;
    }
    const auto finish = [&](float* to, const float* from) {
      for (Size r = 0; r < rows; r++) std::memcpy(to + (first + r) * g.H, from + r * g.padded, sizeof(float) * g.H);
    };
    finish(b.d_h0, dh);
    if (Cell::kHasMemory) finish(b.d_c0, dc);
  }

  // One step: what its sums owe, and dh and dc of the step before.
  static ROLLCAST_INLINE void step_back(const Backward& b, const Geometry& g, Size first, Size rows, Size t, Size tx,
                                        const float* now, float* dh, float* dc, float* d_reset, float* reset,
                                        float* const* owed, Size at, Size chunk, float* sum) {
    constexpr int kColumns = Cell::kColumns[kLast];
    const Layer& l = b.layer;
    const auto row_of = [&](int s, Size u, Size r) {
      return owed[s] + (u * chunk + at + r) * Cell::kColumns[s] * kLanes;
    };
    for (Size u = 0; u < g.units; u++) {
      const int n = lanes(g, u);
      const float* saved = b.saved + ((t * g.units + u) * g.B + first) * kSaved * kLanes;
      Vector bias[kColumns] = {};
      for (Size r = 0; r < rows; r++) {
        const Size i = r * g.padded + u * kLanes;
        Vector grad_h = load(dh + i), grad_c{};
        if (b.d_hs) grad_h = grad_h + load(b.d_hs + ((first + r) * g.T + t) * g.H + u * kLanes, n);
        Vector ds[kColumns + kStages - 1] = {};
        if (is_read(l, first + r, tx)) {
          Vector kept[kSaved];
          ROLLCAST_UNROLL for (int k = 0; k < kSaved; k++) kept[k] = load(saved + (r * kSaved + k) * kLanes);
          const Vector h = load(now + r * g.stride + u * kLanes);
          if constexpr (Cell::kHasMemory) grad_c = load(dc + i);
          Cell::gradient(kept, h, grad_h, grad_c, ds);
          if constexpr (Cell::kHasMemory) store(dc + i, grad_c);
          if constexpr (kStages > 1) store(reset + i, kept[1] * h);
        } else if constexpr (kStages > 1) {
          store(reset + i, Vector{});
        }
        store(dh + i, grad_h);
        float* to = row_of(kLast, u, r);
        ROLLCAST_UNROLL for (int c = 0; c < kColumns; c++) {
          store(to + c * kLanes, ds[c]);
          bias[c] = bias[c] + ds[c];
        }
        if constexpr (kStages > 1) store(row_of(0, u, r), ds[1]);
      }
      float* total = sum + place<kLast>(g, u) + weights_of_units<kLast>(g);
      for (int c = 0; c < kColumns; c++) store(total + c * kLanes, load(total + c * kLanes) + bias[c]);
    }
    if constexpr (kStages > 1) {
      go_back<kLast>(b, g, first, rows, tx, row_of(kLast, 0, 0), chunk, false, d_reset, false);
      for (Size u = 0; u < g.units; u++) {
        const float* saved = b.saved + ((t * g.units + u) * g.B + first) * kSaved * kLanes;
        Vector bias[2] = {};
        for (Size r = 0; r < rows; r++) {
          const Size i = r * g.padded + u * kLanes;
          float* to = row_of(0, u, r);
          Vector grad_h = load(dh + i), ds[2] = {load(to), Vector{}};
          if (is_read(l, first + r, tx)) {
            Vector kept[kSaved];
            for (int k = 0; k < kSaved; k++) kept[k] = load(saved + (r * kSaved + k) * kLanes);
            Cell::gradient_of_reset(kept, load(now + r * g.stride + u * kLanes), load(d_reset + i), grad_h, ds);
            store(dh + i, grad_h);
          }
          store(to + kLanes, ds[1]);
          bias[0] = bias[0] + ds[0], bias[1] = bias[1] + ds[1];
        }
        float* total = sum + place<0>(g, u) + weights_of_units<0>(g);
        for (int c = 0; c < 2; c++) store(total + c * kLanes, load(total + c * kLanes) + bias[c]);
      }
      go_back<0>(b, g, first, rows, tx, row_of(0, 0, 0), chunk, true, dh, true);
    } else {
      go_back<0>(b, g, first, rows, tx, row_of(0, 0, 0), chunk, true, dh, false);
    }
  }

  // What a stage's sums owe, through its weights: to d_state (set or added to) and to the inputs.
  template <int S>
  static ROLLCAST_INLINE void go_back(const Backward& b, const Geometry& g, Size first, Size rows, Size tx,
                                      const float* owed, Size chunk, bool add_state, float* d_state, bool add_x) {
    constexpr int kColumns = Cell::kColumns[S];
    constexpr Range of_h = Cell::kOfH[S], of_x = Cell::kOfX[S];
    const Size units_stride = chunk * kColumns * kLanes;
    const float* weights = transposed_of<S>(g, b.work);
    owe<kColumns, of_h.first, of_h.size()>(g, rows, owed, units_stride, weights, add_state, d_state, g.padded,
                                           g.padded);
    if (!b.d_x) return;
    owe<kColumns, of_x.first, of_x.size()>(g, rows, owed, units_stride, weights + g.padded * g.padded * of_h.size(),
                                           add_x, b.d_x + (first * g.T + tx) * g.I, g.T * g.I, g.I);
  }

  // The weights' gradient of a chunk: [h, x] transposed, times what the sums owe.
  template <int S>
  static void add_weights(const Geometry& g, Size chunk, const float* a, const float* reset, const float* owed,
                          float* sum, bool add) {
    constexpr int kColumns = Cell::kColumns[S];
    constexpr Range of_h = Cell::kOfH[S], of_x = Cell::kOfX[S];
    for (Size u = 0; u < g.units; u++) {
      const float* z = owed + u * chunk * kColumns * kLanes;
      float* to = sum + place<S>(g, u);
      if constexpr (S == 0 && of_h.size() == kColumns && of_x.size() == kColumns) {
        if (g.padded == g.H) {
          add_rows<kColumns, 0, kColumns>(chunk, g.H + g.I, a, g.stride, z, to, add);
          continue;
        }
      }
      add_rows<kColumns, of_h.first, of_h.size()>(chunk, g.H, S > 0 ? reset : a, S > 0 ? g.padded : g.stride, z, to,
                                                  add);
      add_rows<kColumns, of_x.first, of_x.size()>(chunk, g.I, a + g.padded, g.stride, z,
                                                  to + g.H * of_h.size() * kLanes, add);
    }
  }
  template <int kColumns, int kFirst, int kCount>
  static void add_rows(Size chunk, Size rows, const float* a, Size stride, const float* owed, float* to, bool add) {
    by_tiles<tile_rows(kCount)>(rows, [&](auto count, Size r0) ROLLCAST_INLINE_LAMBDA {
      constexpr int kRows = count;
      Vector sums[kRows][kCount];
      float* out = to + r0 * kCount * kLanes;
      ROLLCAST_UNROLL for (int r = 0; r < kRows; r++)
        ROLLCAST_UNROLL for (int v = 0; v < kCount; v++)
          sums[r][v] = add ? load(out + (r * kCount + v) * kLanes) : Vector{};
      const float* p = a + r0;
      const float* w = owed + kFirst * kLanes;
      for (Size k = 0; k < chunk; k++, p += stride, w += kColumns * kLanes)
        multiply<0, kCount>(sums, Elements<true>{p, stride}, 1, w);
      ROLLCAST_UNROLL for (int r = 0; r < kRows; r++)
        ROLLCAST_UNROLL for (int v = 0; v < kCount; v++) store(out + (r * kCount + v) * kLanes, sums[r][v]);
    });
  }

  // Adds the shards' sums up and lays them out as Keras does.
  static void unpack(const Backward& b, Size u) {
    const Geometry g(b.layer);
    const int n = lanes(g, u);
    const float* sums = b.work + round_up(transposed(g), 16);
    const Size size = gradient_sum(g);
    each_stage([&](auto s) {
      const float* from = sums + place<s>(g, u);
      const auto total = [&](const float* p) {
        Vector v = load(p);
        for (Size i = 1; i < g.shards; i++) v = v + load(p + i * size);
        return v;
      };
      const auto rows = [&](float* to, Size count, Range range) {
        for (Size k = 0; k < count; k++)
          for (int c = range.first; c < range.last; c++, from += kLanes)
            store(to + (k * Cell::kGates + Cell::kGateOfColumn[s][c]) * g.H + u * kLanes, total(from), n);
      };
      rows(b.d_recurrent, g.H, Cell::kOfH[s]);
      rows(b.d_kernel, g.I, Cell::kOfX[s]);
      const float* biases = from;
      const auto bias_rows = [&](float* to, Range range) {
        for (int c = range.first; c < range.last; c++)
          store(to + Cell::kGateOfColumn[s][c] * g.H + u * kLanes, total(biases + c * kLanes), n);
      };
      bias_rows(b.d_bias, Cell::kOfX[s]);
      if (Cell::kTwoBiases) bias_rows(b.d_bias + Cell::kGates * g.H, Cell::kOfH[s]);
    });
  }

 public:
  static Sizes sizes(const Layer& l) {
    const Geometry g(l);
    return {g.T * g.units * g.B * kSaved * kLanes,
            (g.in_place ? 0 : g.units * all_weights_of_units(g)) + g.blocks * block_work(g),
            round_up(transposed(g), 16) + g.shards * (gradient_sum(g) + shard_work(g))};
  }
  static Jobs forward_jobs(const Layer& l) {
    const Geometry g(l);
    return {{g.in_place ? 0 : g.units, g.blocks, 0}};
  }
  static Jobs backward_jobs(const Layer& l) {
    const Geometry g(l);
    return {{g.units, g.shards, g.units}};
  }
  static void forward(const Forward& f, int phase, Size job) {
    if (phase == 0) return pack(f, job);
    if (Geometry(f.layer).in_place) return forward_block<true>(f, job);
    forward_block<false>(f, job);
  }
  static void backward(const Backward& b, int phase, Size job) {
    if (phase == 0) return transpose(b, job);
    if (phase == 1) return backward_shard(b, job);
    unpack(b, job);
  }
};

template <class Cell>
constexpr rollcast::Recurrence kRecurrence = {Sequence<Cell>::sizes, Sequence<Cell>::forward_jobs,
                                              Sequence<Cell>::backward_jobs, Sequence<Cell>::forward,
                                              Sequence<Cell>::backward};

const rollcast::Recurrence& recurrence_of(rollcast::CellKind cell) {
  using rollcast::CellKind;
  switch (cell) {
    case CellKind::kLstm: return kRecurrence<Lstm>;
    case CellKind::kGru: return kRecurrence<Gru>;
    case CellKind::kGruResetBefore: return kRecurrence<GruResetBefore>;
    case CellKind::kTanhRnn: return kRecurrence<SimpleRnn<true>>;
    default: return kRecurrence<SimpleRnn<false>>;
  }
}

}  // namespace
