// A layer forward over a whole sequence.
//
// Rows of the batch are independent, and are cut into blocks whose states stay in the cache. Within a block each step
// is one product of [h, x] with weights that are packed by vectors of units, and the activations of its sums.
#pragma once

#include "shape.h"

namespace {

using rollcast::Forward;

template <class Cell>
class ForwardPass {
  using Geometry = Shape<Cell>;
  static constexpr int kStages = Cell::kStages, kLast = kStages - 1;
  static constexpr int kSaved = Cell::kSaved;

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

  static void pack(const Forward& f, Size u) {
    const Layer& l = f.layer;
    const Geometry g(l);
    const int n = g.lanes(u);
    each_stage<Cell>([&](auto s) {
      float* to = f.work + g.place(s, u);
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
      const float* w = f.work + g.place(Stage<S>{}, u);
      const float* b = w + g.weights_of_units(Stage<S>{});
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
    float* work = f.work + (g.in_place ? 0 : g.units * g.all_weights_of_units()) + block * block_work(g);
    float* now = work;
    float* next = now + rows * g.stride;
    float* memory = next + rows * g.stride;
    float* reset = memory + (Cell::kHasMemory ? rows * g.padded : 0);
    float* scratch = kStages > 1 ? reset + rows * g.padded : nullptr;
    const auto start = [&](float* to, Size to_stride, const float* from) {
      for (Size r = 0; r < rows; r++)
        for (Size u = 0; u < g.units; u++)
          store(to + r * to_stride + u * kLanes, load(from + (first + r) * g.H + u * kLanes, g.lanes(u)));
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
        const int n = g.lanes(u);
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
      for (Size r = 0; r < rows; r++) copy_floats(to + (first + r) * g.H, from + r * from_stride, g.H);
    };
    finish(f.h_end, now, g.stride);
    if (Cell::kHasMemory) finish(f.c_end, memory, g.padded);
  }

 public:
  static Size work(const Geometry& g) {
    return (g.in_place ? 0 : g.units * g.all_weights_of_units()) + g.blocks * block_work(g);
  }
  static rollcast::Jobs jobs(const Layer& l) {
    const Geometry g(l);
    return {{g.in_place ? 0 : g.units, g.blocks, 0}};
  }
  static void run(const Forward& f, int phase, Size job) {
    if (phase == 0) return pack(f, job);
    if (Geometry(f.layer).in_place) return forward_block<true>(f, job);
    forward_block<false>(f, job);
  }
};

}  // namespace
