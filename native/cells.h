// The cells: the equations of one step and of its gradient, over a vector of units.
//
// A cell's step is one or two products of [h, x] with its weights, each into a few sums a unit ("columns"), and what
// follows from the sums, element by element. The columns that h takes part in, and those that x does, are ranges.
#pragma once

#include "recurrence.h"
#include "vector.h"

namespace {

// Columns first .. last - 1.
struct Range {
  int first, last;
  constexpr int size() const { return last - first; }
};

// Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
struct Lstm {
  static constexpr int kGates = 4, kStages = 1, kSaved = 5;
  static constexpr bool kHasMemory = true, kTwoBiases = false;
  static constexpr int kColumns[] = {4};
  static constexpr Range kOfX[] = {{0, 4}}, kOfH[] = {{0, 4}};
  static constexpr int kGateOfColumn[][4] = {{0, 1, 2, 3}};

  // s: sums -> h; c is the memory, before and after.
  static ROLLCAST_INLINE Vector step(const Vector* s, Vector /*h*/, Vector& c, Vector* saved) {
    Vector i = sigmoid(s[0]), f = sigmoid(s[1]), g = tanh(s[2]), o = sigmoid(s[3]);
    saved[0] = i, saved[1] = f, saved[2] = g, saved[3] = o, saved[4] = c;
    c = f * c + i * g;
    return o * tanh(c);
  }

  // dh, dc: gradients of the new h and c -> of the old ones beside what goes through the sums; ds: of the sums.
  static ROLLCAST_INLINE void gradient(const Vector* saved, Vector /*h*/, Vector& dh, Vector& dc, Vector* ds) {
    Vector i = saved[0], f = saved[1], g = saved[2], o = saved[3], c = saved[4];
    Vector t = tanh(f * c + i * g);
    dc = dh * o * (1.0f - t * t) + dc;
    ds[0] = dc * g * i * (1.0f - i);
    ds[1] = dc * c * f * (1.0f - f);
    ds[2] = dc * i * (1.0f - g * g);
    ds[3] = dh * t * o * (1.0f - o);
    dc = dc * f;
    dh = Vector{};
  }
};

// Cho et al. 2014, with the reset gate after the product with h, as cuDNN has it. Columns: candidate of x, update z,
// reset r, candidate of h.
struct Gru {
  static constexpr int kGates = 3, kStages = 1, kSaved = 4;
  static constexpr bool kHasMemory = false, kTwoBiases = true;
  static constexpr int kColumns[] = {4};
  static constexpr Range kOfX[] = {{0, 3}}, kOfH[] = {{1, 4}};
  static constexpr int kGateOfColumn[][4] = {{2, 0, 1, 2}};

  static ROLLCAST_INLINE Vector step(const Vector* s, Vector h, Vector&, Vector* saved) {
    Vector z = sigmoid(s[1]), r = sigmoid(s[2]), g = tanh(s[0] + r * s[3]);
    saved[0] = z, saved[1] = r, saved[2] = g, saved[3] = s[3];
    return z * h + (1.0f - z) * g;
  }

  static ROLLCAST_INLINE void gradient(const Vector* saved, Vector h, Vector& dh, Vector&, Vector* ds) {
    Vector z = saved[0], r = saved[1], g = saved[2], of_h = saved[3];
    ds[0] = dh * (1.0f - z) * (1.0f - g * g);
    ds[1] = dh * (h - g) * z * (1.0f - z);
    ds[2] = ds[0] * of_h * r * (1.0f - r);
    ds[3] = ds[0] * r;
    dh = dh * z;
  }
};

// The first form of Cho et al.: h is reset before the product, so that the candidate is a second stage.
struct GruResetBefore {
  static constexpr int kGates = 3, kStages = 2, kSaved = 3;
  static constexpr bool kHasMemory = false, kTwoBiases = false;
  static constexpr int kColumns[] = {2, 1};
  static constexpr Range kOfX[] = {{0, 2}, {0, 1}}, kOfH[] = {{0, 2}, {0, 1}};
  static constexpr int kGateOfColumn[][4] = {{0, 1}, {2}};

  // First stage: the gates; gives the reset state.
  static ROLLCAST_INLINE Vector reset(const Vector* s, Vector h, Vector* saved) {
    saved[0] = sigmoid(s[0]);
    saved[1] = sigmoid(s[1]);
    return saved[1] * h;
  }
  static ROLLCAST_INLINE Vector step(const Vector* s, Vector h, Vector&, Vector* saved) {
    Vector z = saved[0], g = tanh(s[0]);
    saved[2] = g;
    return z * h + (1.0f - z) * g;
  }

  static ROLLCAST_INLINE void gradient(const Vector* saved, Vector h, Vector& dh, Vector&, Vector* ds) {
    Vector z = saved[0], g = saved[2];
    ds[0] = dh * (1.0f - z) * (1.0f - g * g);
    ds[1] = dh * (h - g) * z * (1.0f - z);  // of the update gate's sum, for the first stage
    dh = dh * z;
  }
  // d_reset: of the reset state; ds[0] holds the update gate's and stays.
  static ROLLCAST_INLINE void gradient_of_reset(const Vector* saved, Vector h, Vector d_reset, Vector& dh, Vector* ds) {
    Vector r = saved[1];
    ds[1] = d_reset * h * r * (1.0f - r);
    dh = dh + d_reset * r;
  }
};

// Elman 1990.
template <bool kTanh>
struct SimpleRnn {
  static constexpr int kGates = 1, kStages = 1, kSaved = 1;
  static constexpr bool kHasMemory = false, kTwoBiases = false;
  static constexpr int kColumns[] = {1};
  static constexpr Range kOfX[] = {{0, 1}}, kOfH[] = {{0, 1}};
  static constexpr int kGateOfColumn[][4] = {{0}};

  static ROLLCAST_INLINE Vector step(const Vector* s, Vector, Vector&, Vector* saved) {
    saved[0] = kTanh ? tanh(s[0]) : s[0] < 0.0f ? Vector{} : s[0];
    return saved[0];
  }
  static ROLLCAST_INLINE void gradient(const Vector* saved, Vector, Vector& dh, Vector&, Vector* ds) {
    Vector h = saved[0];
    ds[0] = kTanh ? dh * (1.0f - h * h) : h > 0.0f ? dh : Vector{};
    dh = Vector{};
  }
};

}  // namespace
