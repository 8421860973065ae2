// A vector of floats as wide as the instruction set's registers, and the activations over it.
//
// Compiled once for each instruction set, by compiler vector types: the same source serves AVX-512, AVX2 and, without
// any flag, SSE2 or NEON. Everything is in an anonymous namespace, so that the linker can't take one set's code for
// another's.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kAccumulators = 24;  // of 32 registers; the others hold weights and what is broadcast
#elif defined(__AVX2__)
constexpr int kLanes = 8;
constexpr int kAccumulators = 12;  // of 16
#elif defined(__aarch64__)
constexpr int kLanes = 4;
constexpr int kAccumulators = 24;
#else
constexpr int kLanes = 4;
constexpr int kAccumulators = 8;  // of 16; without a fused product, one more is needed for it
#endif

#define ROLLCAST_INLINE inline __attribute__((always_inline))
#define ROLLCAST_INLINE_LAMBDA __attribute__((always_inline))

typedef float Vector __attribute__((vector_size(4 * kLanes)));
typedef int32_t Integers __attribute__((vector_size(4 * kLanes)));
typedef float Unaligned __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

ROLLCAST_INLINE Vector load(const float* p) { return *reinterpret_cast<const Unaligned*>(p); }
ROLLCAST_INLINE void store(float* p, Vector v) { *reinterpret_cast<Unaligned*>(p) = v; }
ROLLCAST_INLINE Vector all(float x) { return x - Vector{}; }

// The first n lanes; the others are zero, or left as they are.
ROLLCAST_INLINE Vector load(const float* p, int n) {
  if (n == kLanes) return load(p);
  Vector v{};
  std::memcpy(&v, p, sizeof(float) * n);
  return v;
}
ROLLCAST_INLINE void store(float* p, Vector v, int n) {
  if (n == kLanes) return store(p, v);
  std::memcpy(p, &v, sizeof(float) * n);
}

// Of no floats, neither address is looked at: an empty array may have none.
ROLLCAST_INLINE void copy_floats(float* to, const float* from, std::int64_t n) {
  if (n > 0) std::memcpy(to, from, sizeof(float) * static_cast<std::size_t>(n));
}

// A NaN passes through: where the two can't be compared, the hardware gives the second.
ROLLCAST_INLINE Vector clamp(Vector x, float low, float high) {
#if defined(__AVX512F__)
  return _mm512_maskz_min_ps(0xffff, all(high), _mm512_maskz_max_ps(0xffff, all(low), x));
#elif defined(__AVX2__)
  return _mm256_min_ps(all(high), _mm256_max_ps(all(low), x));
#else
  x = x < all(low) ? all(low) : x;
  return x > all(high) ? all(high) : x;
#endif
}

// 1 / x of a normal positive number: an estimate and one step of Newton's method where the hardware has an estimate.
ROLLCAST_INLINE Vector reciprocal(Vector x) {
#if defined(__AVX512F__)
  Vector r = _mm512_maskz_rcp14_ps(0xffff, x);
  return r * (2.0f - x * r);
#else
  return 1.0f / x;
#endif
}

// 1 / (1 + e^-x), by 2^n 2^f with f in -0.5 .. 0.5 and a polynomial for 2^f.
ROLLCAST_INLINE Vector sigmoid(Vector x) {
  // 1.5 * 2^23: adding it rounds to an integer, held in the low bits. 127: the exponent of 2^0.
  constexpr float kShift = 12582912.0f + 127.0f;
  Vector t = clamp(x, -87.0f, 87.0f) * -1.44269504088896341f;
  Vector shifted = t + kShift;
  Vector f = t - (shifted - kShift);
  Vector p = f * 1.3276472150981176e-3f + 9.6755414715774810e-3f;
  p = p * f + 5.5507132742054840e-2f;
  p = p * f + 2.4022119721313384e-1f;
  p = p * f + 6.9314696706356740e-1f;
  p = p * f + 1.0f;
  Integers power = (Integers)shifted << 23;
  return reciprocal(p * (Vector)power + 1.0f);
}

// x P(x^2) / Q(x^2), fitted for the least relative error (6e-8) on -9 .. 9, beyond which tanh is +-1 in float.
ROLLCAST_INLINE Vector tanh(Vector x) {
  x = clamp(x, -9.0f, 9.0f);
  Vector s = x * x;
  Vector p = s * 1.82549770e-11f + -1.27803093e-08f;
  p = p * s + 9.26736780e-06f;
  p = p * s + 2.92075517e-03f;
  p = p * s + 1.29192219e-01f;
  p = p * s + 1.0f;
  Vector q = s * 2.28099331e-04f + 2.37631403e-02f;
  q = q * s + 4.62525057e-01f;
  q = q * s + 1.0f;
  return x * p * reciprocal(q);
}

}  // namespace
