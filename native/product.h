// Products of small matrices, in tiles of rows and vectors of columns that stay in registers.
#pragma once

#include <type_traits>

#include "vector.h"

#if defined(__clang__)
#define ROLLCAST_UNROLL _Pragma("unroll")
#else
#define ROLLCAST_UNROLL _Pragma("GCC unroll 16")
#endif

namespace {

using Size = std::int64_t;

constexpr Size round_up(Size n, Size unit) { return (n + unit - 1) / unit * unit; }

// Rows of a tile whose sums, `vectors` to a row, fit the registers.
constexpr int tile_rows(int vectors) { return kAccumulators / vectors; }

// Calls f(row count as a constant, first row) over `rows` in tiles of equal height, give or take one.
template <int kMost, class F>
ROLLCAST_INLINE void tile_of(int rows, F&& f) {
  if (rows == kMost) {
    f(std::integral_constant<int, kMost>{});
  } else if constexpr (kMost > 1) {
    tile_of<kMost - 1>(rows, f);
  }
}
template <int kMost, class F>
ROLLCAST_INLINE void by_tiles(Size rows, F&& f) {
  const Size tiles = (rows + kMost - 1) / kMost;
  for (Size i = 0; i < tiles; i++) {
    const Size first = rows * i / tiles;
    tile_of<kMost>(static_cast<int>(rows * (i + 1) / tiles - first), [&](auto count) { f(count, first); });
  }
}

// A matrix that is read element by element: row r, column k at p[r * stride + k], or transposed, at p[k * stride + r].
template <bool kTransposed>
struct Elements {
  const float* p;
  Size stride;
  ROLLCAST_INLINE float at(int r, Size k) const { return kTransposed ? p[k * stride + r] : p[r * stride + k]; }
};

// sums[r][kFirst + v] += x(r) w(v): the fewer of the two are held in registers.
template <int kFirst, int kVectors, int kRows, int kColumns, class X, class W>
ROLLCAST_INLINE void add_outer(Vector (&sums)[kRows][kColumns], const X& x, const W& w) {
  if constexpr (kRows <= kVectors) {
    Vector held[kRows];
    ROLLCAST_UNROLL for (int r = 0; r < kRows; r++) held[r] = all(x(r));
    ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++) {
      const Vector b = w(v);
      ROLLCAST_UNROLL for (int r = 0; r < kRows; r++) sums[r][kFirst + v] = held[r] * b + sums[r][kFirst + v];
    }
  } else {
    Vector held[kVectors];
    ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++) held[v] = w(v);
    ROLLCAST_UNROLL for (int r = 0; r < kRows; r++) {
      const Vector a = all(x(r));
      ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++) sums[r][kFirst + v] = a * held[v] + sums[r][kFirst + v];
    }
  }
}

// sums[r][kFirst + v] += a(r, k) b[k][v], k = 0 .. n - 1; b's rows of vectors stand side by side.
template <int kFirst, int kVectors, int kRows, int kColumns, bool kTransposed>
ROLLCAST_INLINE void multiply(Vector (&sums)[kRows][kColumns], Elements<kTransposed> a, Size n, const float* b) {
  for (Size k = 0; k < n; k++, b += kVectors * kLanes)
    add_outer<kFirst, kVectors>(
        sums, [&](int r) { return a.at(r, k); }, [&](int v) { return load(b + v * kLanes); });
}

// The same with the vectors of a row where they lie in a matrix of `stride` columns, at b[v].
template <int kFirst, int kVectors, int kRows, int kColumns>
ROLLCAST_INLINE void multiply_in_place(Vector (&sums)[kRows][kColumns], Elements<false> a, Size n,
                                       const float* const* b, Size stride) {
  for (Size k = 0; k < n; k++)
    add_outer<kFirst, kVectors>(
        sums, [&](int r) { return a.at(r, k); }, [&](int v) { return load(b[kFirst + v] + k * stride); });
}

}  // namespace
