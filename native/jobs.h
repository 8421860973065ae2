// Runs the jobs of a call's phases on a thread pool.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "recurrence.h"

namespace rollcast {

using Schedule = std::function<void(std::function<void()>)>;

// Jobs are claimed in order by the caller and by up to `helpers` functions given to `schedule`. The caller claims until
// none is left, so that a pool that never runs a helper only makes it slower; whoever waits, waits for jobs that
// others have claimed and are running. A helper that comes late finds nothing to claim and touches nothing.
template <class Job>
void run_jobs(const Jobs& jobs, int helpers, const Schedule& schedule, const Job& job) {
  Size total = 0, widest = 0;
  for (Size n : jobs.count) {
    total += n;
    widest = n > widest ? n : widest;
  }
  struct Shared {
    std::atomic<Size> next{0}, done{0};
    Size total;
    Jobs jobs;
    const Job* job;
  };
  auto shared = std::make_shared<Shared>();
  shared->total = total, shared->jobs = jobs, shared->job = &job;
  auto work = [shared] {
    for (Size i; (i = shared->next.fetch_add(1, std::memory_order_relaxed)) < shared->total;) {
      int phase = 0;
      Size before = 0;
      while (i - before >= shared->jobs.count[phase]) before += shared->jobs.count[phase++];
      for (int spins = 0; shared->done.load(std::memory_order_acquire) < before; spins++)
        if (spins > 4096) std::this_thread::yield();
      (*shared->job)(phase, i - before);
      shared->done.fetch_add(1, std::memory_order_release);
    }
  };
  for (int i = 0; i < helpers && i < widest - 1; i++) schedule(work);
  work();
  for (int spins = 0; shared->done.load(std::memory_order_acquire) < total; spins++)
    if (spins > 4096) std::this_thread::yield();
}

}  // namespace rollcast
