// A layer backward over a whole sequence.
//
// A block's steps are taken some at a time: first what the sums of each step owe and what goes on to the step before,
// then the weights' gradient as one long product over those steps and rows.
#pragma once

#include "shape.h"

namespace {

using rollcast::Backward;

constexpr int kPanel = 4;             // vectors of a panel of packed weights, going backward

template <class Cell>
class BackwardPass {
  using Geometry = Shape<Cell>;
  static constexpr int kStages = Cell::kStages, kLast = kStages - 1;
  static constexpr int kSaved = Cell::kSaved;

  // Weights for the products with what the sums owe: panels of up to four vectors of h's units, then of x's inputs, a
  // row for each sum of each unit.
  template <int S>
  static Size transposed_of_stage(const Geometry& g) {
    const Size x = round_up(g.I, kLanes);
    return g.padded * (g.padded * Cell::kOfH[S].size() + x * Cell::kOfX[S].size());
  }
  static Size transposed(const Geometry& g) {
    Size n = 0;
    each_stage<Cell>([&](auto s) { n += transposed_of_stage<s>(g); });
    return n;
  }
  template <int S>
  static const float* transposed_of(const Geometry& g, const float* work) {
    return S > 0 ? work + transposed_of_stage<0>(g) : work;
  }
  static void transpose(const Backward& b, Size u) {
    const Layer& l = b.layer;
    const Geometry g(l);
    const int n = g.lanes(u);
    each_stage<Cell>([&](auto s) {
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
    each_stage<Cell>([&](auto s) { chunk += Cell::kColumns[s] * g.padded; });
    return round_up(g.most * (n + g.steps * chunk), 16);
  }
  static Size gradient_sum(const Geometry& g) { return g.units * g.all_weights_of_units(); }

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
    if (!g.T && gradient_sum(g)) std::memset(sum, 0, sizeof(float) * gradient_sum(g));  // no step sets the sums
    each_stage<Cell>([&](auto s) {
      for (Size u = 0; u < g.units; u++)
        std::memset(sum + g.place(s, u) + g.weights_of_units(s), 0, sizeof(float) * Cell::kColumns[s] * kLanes);
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
                from ? load(from + (first + r) * g.H + u * kLanes, g.lanes(u)) : Vector{});
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
            store(now + r * g.stride + u * kLanes, load(h + u * kLanes, g.lanes(u)));
        }
        step_back(b, g, first, rows, t, tx, now, dh, dc, d_reset, reset + at * g.padded, owed, at, chunk, sum);
      }
      each_stage<Cell>([&](auto s) { add_weights<s>(g, chunk, a, reset, owed[s], sum, add); });
      add = true;
      end = begin;
    }
    const auto finish = [&](float* to, const float* from) {
      for (Size r = 0; r < rows; r++) copy_floats(to + (first + r) * g.H, from + r * g.padded, g.H);
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
      const int n = g.lanes(u);
      const float* saved = b.saved + ((t * g.units + u) * g.B + first) * kSaved * kLanes;
      Vector bias[kColumns] = {};
      for (Size r = 0; r < rows; r++) {
        const Size i = r * g.padded + u * kLanes;
        Vector grad_h = load(dh + i), grad_c{};
        if (b.d_hs) grad_h = grad_h + load(b.d_hs + ((first + r) * g.T + t) * g.H + u * kLanes, n);
        Vector ds[kColumns + kStages - 1] = {};
        if (is_read(l, first + r, tx)) {
          Vector kept[kSaved];
          // Lanes that are no units may hold what an infinite input made of them.
          ROLLCAST_UNROLL for (int k = 0; k < kSaved; k++) kept[k] = load(saved + (r * kSaved + k) * kLanes, n);
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
      float* total = sum + g.place(Stage<kLast>{}, u) + g.weights_of_units(Stage<kLast>{});
      for (int c = 0; c < kColumns; c++) store(total + c * kLanes, load(total + c * kLanes) + bias[c]);
    }
    if constexpr (kStages > 1) {
      go_back<kLast>(b, g, first, rows, tx, row_of(kLast, 0, 0), chunk, false, d_reset, false);
      for (Size u = 0; u < g.units; u++) {
        const float* saved = b.saved + ((t * g.units + u) * g.B + first) * kSaved * kLanes;
        Vector bias[2] = {};
        const int n = g.lanes(u);
        for (Size r = 0; r < rows; r++) {
          const Size i = r * g.padded + u * kLanes;
          float* to = row_of(0, u, r);
          Vector grad_h = load(dh + i), ds[2] = {load(to), Vector{}};
          if (is_read(l, first + r, tx)) {
            Vector kept[kSaved];
            for (int k = 0; k < kSaved; k++) kept[k] = load(saved + (r * kSaved + k) * kLanes, n);
            Cell::gradient_of_reset(kept, load(now + r * g.stride + u * kLanes), load(d_reset + i), grad_h, ds);
            store(dh + i, grad_h);
          }
          store(to + kLanes, ds[1]);
          bias[0] = bias[0] + ds[0], bias[1] = bias[1] + ds[1];
        }
        float* total = sum + g.place(Stage<0>{}, u) + g.weights_of_units(Stage<0>{});
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
      float* to = sum + g.place(Stage<S>{}, u);
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
    const int n = g.lanes(u);
    const float* sums = b.work + round_up(transposed(g), 16);
    const Size size = gradient_sum(g);
    each_stage<Cell>([&](auto s) {
      const float* from = sums + g.place(s, u);
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
  static Size work(const Geometry& g) {
    return round_up(transposed(g), 16) + g.shards * (gradient_sum(g) + shard_work(g));
  }
  static rollcast::Jobs jobs(const Layer& l) {
    const Geometry g(l);
    return {{g.units, g.shards, g.units}};
  }
  static void run(const Backward& b, int phase, Size job) {
    if (phase == 0) return transpose(b, job);
    if (phase == 1) return backward_shard(b, job);
    unpack(b, job);
  }
};

}  // namespace
