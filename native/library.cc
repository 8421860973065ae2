// The library's interface: plain C for Python's ctypes, and the calls that XLA makes.
#include <cstring>
#include <vector>

#include "jobs.h"
#include "select.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;
using namespace rollcast;

#define ROLLCAST_API extern "C" __attribute__((visibility("default")))

namespace {

using Floats = ffi::Buffer<ffi::F32>;
using Bools = ffi::Buffer<ffi::PRED>;
using Keys = ffi::Buffer<ffi::U32>;
using Result = ffi::ResultBuffer<ffi::F32>;
using Pool = ffi::ThreadPool;

// Dimensions of an array before its own `rank`: those that `vmap` has added, each the number of models or 1.
template <class Buffer>
std::vector<Size> leading(const Buffer& b, size_t rank) {
  const auto d = b.dimensions();
  return {d.begin(), d.end() - static_cast<std::ptrdiff_t>(rank)};
}

// One array of many models: where each model's part begins. An empty array stands for nothing, whatever its rank.
class Part {
 public:
  template <class Buffer>
  Part(const Buffer& b, size_t rank, const std::vector<Size>& models) : models_(models), size_(0) {
    if (!b.element_count()) return;
    own_ = leading(b, rank);
    size_ = 1;
    for (size_t i = own_.size(); i < b.dimensions().size(); i++) size_ *= b.dimensions()[i];
  }
  bool is_empty() const { return size_ == 0; }
  Size offset(Size model) const {
    Size at = 0, stride = size_;
    for (size_t i = own_.size(); i-- > 0; stride *= own_[i]) {
      const Size index = model % models_[i];
      model /= models_[i];
      if (own_[i] > 1) at += index * stride;
    }
    return at;
  }

 private:
  std::vector<Size> own_, models_;
  Size size_;
};

Size product(const std::vector<Size>& sizes) {
  Size n = 1;
  for (Size s : sizes) n *= s;
  return n;
}

struct LayerParts {
  std::vector<Size> models;
  Layer layer;
  Part x, mask, h0, c0, kernel, recurrent, bias;

  LayerParts(Floats x_, Bools mask_, Floats h0_, Floats c0_, Floats k, Floats r, Floats b, bool reverse,
             bool two_biases, std::vector<Size> models_)
      : models(std::move(models_)),
        x(x_, 3, models),
        mask(mask_, 2, models),
        h0(h0_, 2, models),
        c0(c0_, 2, models),
        kernel(k, 2, models),
        recurrent(r, 2, models),
        bias(b, two_biases ? 2 : 1, models) {
    const auto d = x_.dimensions();
    const size_t n = d.size();
    layer = {d[n - 3], d[n - 2], d[n - 1], h0_.dimensions().back(), reverse, x_.typed_data(), mask_.typed_data(),
             h0_.typed_data(), c0_.typed_data(), k.typed_data(), r.typed_data(), b.typed_data()};
  }
  Layer of(Size model) const {
    Layer l = layer;
    l.x += x.offset(model);
    l.mask = mask.is_empty() ? nullptr : l.mask + mask.offset(model);
    l.h0 += h0.offset(model);
    l.c0 = c0.is_empty() ? nullptr : l.c0 + c0.offset(model);
    l.kernel += kernel.offset(model);
    l.recurrent += recurrent.offset(model);
    l.bias += bias.offset(model);
    return l;
  }
};

const Recurrence& recurrence_for(Size set, Size cell) {
  return kernels_for(static_cast<InstructionSet>(set)).recurrence(static_cast<CellKind>(cell));
}

Jobs times(Jobs jobs, Size models) {
  for (Size& n : jobs.count) n *= models;
  return jobs;
}

template <class Job>
ffi::Error run(Pool& pool, const Jobs& one, Size models, const Job& job) {
  run_jobs(
      times(one, models), static_cast<int>(pool.num_threads()),
      [&pool](std::function<void()> f) { pool.Schedule(std::move(f)); },
      [&](int phase, Size i) { job(i / one.count[phase], phase, i % one.count[phase]); });
  return ffi::Error::Success();
}

ffi::Error too_small() { return ffi::Error(ffi::ErrorCode::kInvalidArgument, "rollcast: a buffer is too small"); }

ffi::Error forward(Pool pool, Size set, Size cell, bool reverse, Floats x, Bools mask, Floats h0, Floats c0, Floats k,
                   Floats r, Floats b, bool save, Result hs, Result h_end, Result c_end, Result saved, Result work) {
  const bool two = static_cast<CellKind>(cell) == CellKind::kGru;
  const LayerParts parts(x, mask, h0, c0, k, r, b, reverse, two, leading(*hs, 3));
  const Recurrence& kernel = recurrence_for(set, cell);
  const Sizes sizes = kernel.sizes(parts.layer);
  const Size models = product(parts.models);
  if (static_cast<Size>(work->element_count()) < models * sizes.forward_work ||
      (save && static_cast<Size>(saved->element_count()) < models * sizes.saved))
    return too_small();
  std::vector<Forward> calls;
  for (Size m = 0; m < models; m++) {
    const Layer l = parts.of(m);
    calls.push_back({l, hs->typed_data() + m * l.batch * l.steps * l.units,
                     h_end->typed_data() + m * l.batch * l.units,
                     c_end->element_count() ? c_end->typed_data() + m * l.batch * l.units : nullptr,
                     save ? saved->typed_data() + m * sizes.saved : nullptr,
                     work->typed_data() + m * sizes.forward_work});
  }
  return run(pool, kernel.forward_jobs(parts.layer), models,
             [&](Size m, int phase, Size job) { kernel.forward(calls[m], phase, job); });
}

ffi::Error backward(Pool pool, Size set, Size cell, bool reverse, Floats x, Bools mask, Floats h0, Floats c0,
                    Floats k, Floats r, Floats b, Floats hs, Floats saved, Floats d_hs, Floats d_h_end,
                    Floats d_c_end, Result d_x, Result d_h0, Result d_c0, Result d_k, Result d_r, Result d_b,
                    Result work) {
  const bool two = static_cast<CellKind>(cell) == CellKind::kGru;
  const LayerParts parts(x, mask, h0, c0, k, r, b, reverse, two, leading(*d_h0, 2));
  const Recurrence& kernel = recurrence_for(set, cell);
  const Sizes sizes = kernel.sizes(parts.layer);
  const Size models = product(parts.models);
  if (static_cast<Size>(work->element_count()) < models * sizes.backward_work) return too_small();
  const auto part = [&](const Floats& a, size_t rank) { return Part(a, rank, parts.models); };
  const Part hs_of = part(hs, 3), saved_of = part(saved, 1), d_hs_of = part(d_hs, 3), d_h_of = part(d_h_end, 2),
             d_c_of = part(d_c_end, 2);
  const auto from = [](const Floats& a, const Part& p, Size m) {
    return p.is_empty() ? nullptr : a.typed_data() + p.offset(m);
  };
  std::vector<Backward> calls;
  for (Size m = 0; m < models; m++) {
    const auto to = [m, models](Result& a) -> float* {
      return a->element_count() ? a->typed_data() + m * (static_cast<Size>(a->element_count()) / models) : nullptr;
    };
    calls.push_back({parts.of(m), from(hs, hs_of, m), from(saved, saved_of, m), from(d_hs, d_hs_of, m),
                     from(d_h_end, d_h_of, m), from(d_c_end, d_c_of, m), to(d_x), to(d_h0), to(d_c0), to(d_k), to(d_r),
                     to(d_b), to(work)});
  }
  return run(pool, kernel.backward_jobs(parts.layer), models,
             [&](Size m, int phase, Size job) { kernel.backward(calls[m], phase, job); });
}

ffi::Error bernoulli(Pool pool, Size set, float probability, Keys key, ffi::ResultBuffer<ffi::PRED> drawn) {
  const std::vector<Size> models = leading(*drawn, drawn->dimensions().size() - (key.dimensions().size() - 1));
  const Part keys(key, 1, models);
  const Size count = product(models), size = count ? static_cast<Size>(drawn->element_count()) / count : 0;
  const Kernels& kernels = kernels_for(static_cast<InstructionSet>(set));
  return run(pool, {{(size + kBernoulliJob - 1) / kBernoulliJob, 0, 0}}, count, [&](Size m, int, Size job) {
    kernels.bernoulli({size, key.typed_data() + keys.offset(m), probability, drawn->typed_data() + m * size}, job);
  });
}

// What the calls above take and give, in the order of their parameters.
template <int kCount, class Binding>
auto arguments(Binding&& binding) {
  if constexpr (kCount == 1)
    return std::move(binding).template Arg<Floats>();
  else
    return arguments<kCount - 1>(std::move(binding).template Arg<Floats>());
}
template <int kCount, class Binding>
auto results(Binding&& binding) {
  if constexpr (kCount == 1)
    return std::move(binding).template Ret<Floats>();
  else
    return results<kCount - 1>(std::move(binding).template Ret<Floats>());
}
auto layer_binding() {
  return arguments<5>(ffi::Ffi::Bind()
                          .Ctx<Pool>()
                          .Attr<Size>("isa")
                          .Attr<Size>("cell")
                          .Attr<bool>("reverse")
                          .Arg<Floats>()
                          .Arg<Bools>());
}

void run_threads(const Jobs& jobs, int threads, const std::function<void(int, Size)>& job) {
  std::vector<std::thread> helpers;
  run_jobs(jobs, threads - 1, [&](std::function<void()> f) { helpers.emplace_back(std::move(f)); }, job);
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER(kForward, forward, results<5>(layer_binding().Attr<bool>("save")));
XLA_FFI_DEFINE_HANDLER(kBackward, backward, results<7>(arguments<5>(layer_binding())));
XLA_FFI_DEFINE_HANDLER(kBernoulli, bernoulli,
                       ffi::Ffi::Bind()
                           .Ctx<Pool>()
                           .Attr<Size>("isa")
                           .Attr<float>("probability")
                           .Arg<Keys>()
                           .Ret<ffi::Buffer<ffi::PRED>>());

ROLLCAST_API XLA_FFI_Error* rollcast_xla_forward(XLA_FFI_CallFrame* frame) { return (*kForward)(frame); }
ROLLCAST_API XLA_FFI_Error* rollcast_xla_backward(XLA_FFI_CallFrame* frame) { return (*kBackward)(frame); }
ROLLCAST_API XLA_FFI_Error* rollcast_xla_bernoulli(XLA_FFI_CallFrame* frame) { return (*kBernoulli)(frame); }

// Whether this machine runs an instruction set: 0 portable, 1 AVX2, 2 AVX-512.
ROLLCAST_API int rollcast_supports(Size set) { return is_supported(static_cast<InstructionSet>(set)); }

// Floats beside a call's results: of what is saved for the gradient, and of the work space of either direction.
ROLLCAST_API void rollcast_sizes(Size set, Size cell, Size B, Size T, Size I, Size H, Sizes* sizes) {
  Layer l{};
  l.batch = B, l.steps = T, l.inputs = I, l.units = H;
  *sizes = recurrence_for(set, cell).sizes(l);
}

// The same calls without XLA, on threads of their own: for tests and sanitizers.
ROLLCAST_API void rollcast_forward(Size set, Size cell, int threads, const Forward* f) {
  const Recurrence& kernel = recurrence_for(set, cell);
  run_threads(kernel.forward_jobs(f->layer), threads, [&](int phase, Size job) { kernel.forward(*f, phase, job); });
}
ROLLCAST_API void rollcast_backward(Size set, Size cell, int threads, const Backward* b) {
  const Recurrence& kernel = recurrence_for(set, cell);
  run_threads(kernel.backward_jobs(b->layer), threads, [&](int phase, Size job) { kernel.backward(*b, phase, job); });
}
