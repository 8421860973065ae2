// The most multiplications and additions that this processor does: fma_peak THREADS SECONDS prints GFLOP/s in 32 bits.
//
// Each thread keeps enough chains of fused multiply-adds in flight, all in registers, to hide their latency.
// Compile with -O3 -march=native -std=c++17 -pthread, so that the vectors are as wide as the processor's.
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#if defined(__AVX512F__)
constexpr int kBytes = 64, kChains = 24;
#elif defined(__AVX__)
constexpr int kBytes = 32, kChains = 12;
#elif defined(__aarch64__)
constexpr int kBytes = 16, kChains = 24;
#else
constexpr int kBytes = 16, kChains = 12;
#endif

typedef float Vector __attribute__((vector_size(kBytes)));
using Clock = std::chrono::steady_clock;
constexpr int kRounds = 1 << 16;
constexpr double kOperationsOfRounds = 2.0 * kRounds * kChains * (kBytes / sizeof(float));

template <int... I>
float chains(float factor, float term, std::integer_sequence<int, I...>) {
  Vector x = Vector{} + factor, y = Vector{} + term;
  Vector sums[] = {(x + static_cast<float>(I))...};
  for (int round = 0; round < kRounds; round++) ((sums[I] = sums[I] * x + y), ...);
  Vector total = (sums[I] + ...);
  return total[0];
}

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const int threads = std::atoi(arguments[1]);
  const double seconds = std::atof(arguments[2]);
  std::atomic<int> waiting{threads};
  std::vector<double> rates(threads), results(threads);
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; i++)
    workers.emplace_back([&, i] {
      volatile float factor = 0.999f, term = 0.001f;  // unknown to the compiler
      results[i] = chains(factor, term, std::make_integer_sequence<int, kChains>());
      waiting--;
      while (waiting) std::this_thread::yield();
      const auto began = Clock::now();
      double done = 0, spent = 0;
      for (; spent < seconds; spent = seconds_since(began)) {
        results[i] += chains(factor, term, std::make_integer_sequence<int, kChains>());
        done += kOperationsOfRounds;
      }
      rates[i] = done / spent;
    });
  for (std::thread& worker : workers) worker.join();
  double rate = 0, result = 0;
  for (int i = 0; i < threads; i++) rate += rates[i], result += results[i];
  std::printf("%.3f\n", rate / 1e9);
  return std::isfinite(result) ? 0 : 1;
}
