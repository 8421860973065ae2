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

// sums[r][kFirst + v] += a(r, k) b[k][v], k = 0 .. n - 1; b's rows of vectors stand side by side.
template <int kFirst, int kVectors, int kRows, int kColumns, bool kTransposed>
ROLLCAST_INLINE void multiply(Vector (&sums)[kRows][kColumns], Elements<kTransposed> a, Size n, const float* b) {
  for (Size k = 0; k < n; k++, b += kVectors * kLanes) {
    Vector w[kVectors];
    ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++) w[v] = load(b + v * kLanes);
    ROLLCAST_UNROLL for (int r = 0; r < kRows; r++) {
      const Vector x = all(a.at(r, k));
      ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++) sums[r][kFirst + v] = x * w[v] + sums[r][kFirst + v];
    }
  }
}

// The same with the vectors of a row where they lie in a matrix of `stride` columns, at b[v].
template <int kFirst, int kVectors, int kRows, int kColumns>
ROLLCAST_INLINE void multiply_in_place(Vector (&sums)[kRows][kColumns], Elements<false> a, Size n,
                                       const float* const* b, Size stride) {
  const float* p[kVectors];
  ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++) p[v] = b[kFirst + v];
  for (Size k = 0; k < n; k++) {
    Vector w[kVectors];
    ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++) w[v] = load(p[v] + k * stride);
    ROLLCAST_UNROLL for (int r = 0; r < kRows; r++) {
      const Vector x = all(a.at(r, k));
      ROLLCAST_UNROLL for (int v = 0; v < kVectors; v++) sums[r][kFirst + v] = x * w[v] + sums[r][kFirst + v];
    }
  }
}

}  // namespace
