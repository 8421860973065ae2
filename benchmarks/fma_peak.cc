// The most that this machine's cores do: fused products and sums from registers, on two threads at once.
// Prints GFLOP/s. Compile with -O3 -march=native.
#include <chrono>
#include <cstdio>
#include <thread>

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float Vector __attribute__((vector_size(4 * kLanes)));
constexpr int kChains = 12;

volatile float used = 0;  // so that nothing is left out

static double gflops() {
  Vector sums[kChains], a = Vector{} + 0.999f, b = Vector{} + 1e-4f;
  for (Vector& sum : sums) sum = Vector{} + 1e-3f;
  const long rounds = 40000000;
  const auto began = std::chrono::steady_clock::now();
  for (long i = 0; i < rounds; i++)
    for (Vector& sum : sums) sum = sum * a + b;
  for (const Vector& sum : sums) used = used + sum[0];
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  return 2.0 * kLanes * kChains * rounds / seconds.count() / 1e9;
}

int main() {
  double here = 0, there = 0;
  std::thread other([&] { there = gflops(); });
  here = gflops();
  other.join();
  std::printf("%.1f\n", here + there);
}
