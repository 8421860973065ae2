// Bernoulli's trials, as JAX draws them from a key: what dropout is made of.
#pragma once

#include "recurrence.h"
#include "vector.h"

namespace {

typedef uint8_t Bytes __attribute__((vector_size(kLanes)));
typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));

template <int kBits>
ROLLCAST_INLINE Words rotate(Words x) {
  return (x << kBits) | (x >> (32 - kBits));
}

// Four rounds of Threefry-2x32 (Salmon et al. 2011), and one of the five injections of the key.
template <int kR0, int kR1, int kR2, int kR3>
ROLLCAST_INLINE void rounds(Words& a, Words& b, uint32_t key_a, uint32_t key_b) {
  a += b, b = rotate<kR0>(b) ^ a;
  a += b, b = rotate<kR1>(b) ^ a;
  a += b, b = rotate<kR2>(b) ^ a;
  a += b, b = rotate<kR3>(b) ^ a;
  a += key_a, b += key_b;
}

// 32 random bits for each counter.
ROLLCAST_INLINE Words random_bits(uint32_t key0, uint32_t key1, uint32_t high, Words low) {
  const uint32_t key2 = key0 ^ key1 ^ 0x1BD11BDAu;
  Words a = Words{} + (high + key0), b = low + key1;
  rounds<13, 15, 26, 6>(a, b, key1, key2 + 1);
  rounds<17, 29, 16, 24>(a, b, key2, key0 + 2);
  rounds<13, 15, 26, 6>(a, b, key0, key1 + 3);
  rounds<17, 29, 16, 24>(a, b, key1, key2 + 4);
  rounds<13, 15, 26, 6>(a, b, key2, key0 + 5);
  return a ^ b;
}

void draw(const rollcast::Bernoulli& b, rollcast::Size job) {
  Words lane;
  for (int l = 0; l < kLanes; l++) lane[l] = l;
  const rollcast::Size end = (job + 1) * rollcast::kBernoulliJob;
  for (rollcast::Size i = job * rollcast::kBernoulliJob; i < end && i < b.size; i += kLanes) {
    const Words low = lane + static_cast<uint32_t>(i);
    const Words bits = random_bits(b.key[0], b.key[1], static_cast<uint32_t>(i >> 32), low) >> 9;
    const Vector uniform = __builtin_convertvector((Integers)bits, Vector) * 0x1p-23f;  // 0 <= u < 1
    const Bytes drawn = __builtin_convertvector((uniform < all(b.probability)) & 1, Bytes);
    std::memcpy(b.drawn + i, &drawn, b.size - i < kLanes ? b.size - i : kLanes);
  }
}

}  // namespace
