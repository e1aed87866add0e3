#include "live/stage_executor.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <utility>

#include "core/latency_profile.h"
#include "models/threads.h"

namespace twinfer {
namespace {

constexpr unsigned kWarmUpRuns = 2;
constexpr unsigned kMeasuredRuns = 5;

wire::StageTimes& times_of(wire::Request& request) { return *request.mutable_stages()->rbegin(); }

// Runs a stage on zeros, every head included, and returns the shortest time: what
// else this machine does is not the stage's. Late pads tell of that.
Seconds measure(const StageRunner& runner) {
  const std::vector<WireTensor> inputs = runner.allocate_inputs();
  for (const WireTensor& input : inputs) std::memset(input.bytes.data(), 0, input.bytes.size());

  std::vector<double> times_s;
  for (unsigned i = 0; i < kWarmUpRuns + kMeasuredRuns; ++i) {
    const SteadyTime start = steady_now();
    static_cast<void>(runner.run(inputs, /*runs_all=*/true));
    if (i >= kWarmUpRuns) times_s.push_back(seconds_between(start, steady_now()).si());
  }
  return Seconds(std::ranges::min(times_s));
}

wire::Result result_of(wire::Request request) {
  wire::Result result;
  result.set_id(request.id());
  result.set_probe(request.probe());
  result.mutable_stages()->Swap(request.mutable_stages());
  return result;
}

}  // namespace

Seconds emulated_compute(const wire::Emulation& emulation, std::optional<ExitId> exit, double quantile) {
  const auto same = [&](const wire::LeavingCost& cost) {
    return exit ? cost.has_exit() && cost.exit() == *exit : !cost.has_exit();
  };
  const wire::LeavingCost& cost = *std::ranges::find_if(emulation.computes(), same);
  LatencyDistribution distribution;
  for (std::size_t i = 0; i < kQuantiles.size(); ++i)
    distribution.quantiles[i] = Seconds(cost.quantile_s(static_cast<int>(i)));
  distribution.mean = Seconds(cost.mean_s());
  return distribution.at(quantile);
}

StageExecutor::StageExecutor(Settings settings, JobQueue& jobs, OutgoingQueue& results, PadCounts& pads)
    : settings_(std::move(settings)), jobs_(jobs), results_(results), pads_(pads), thread_([this] { work(); }) {}

StageExecutor::~StageExecutor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_changed_.notify_all();
  thread_.join();
}

void StageExecutor::work() {
  prepare();
  ready_ = true;
  settings_.on_ready();
  if (!error_.empty()) return;

  const auto select = [this](const std::deque<Job>& waiting) {
    std::deque<std::uint64_t> ids;
    for (const Job& job : waiting) ids.push_back(job.request.id());
    return settings_.scheduling->next(ids);
  };
  while (std::optional<Job> job = jobs_.pop(select)) {
    handle(std::move(*job));
    // The kernel may have woken the message's thread behind this one, on the same core: with the next job in the queue,
    // it would wait for milliseconds.
    std::this_thread::yield();
  }
}

void StageExecutor::prepare() {
  try {
    ask_for_fine_timers();
    use_threads(settings_.deploy.threads());
    runner_ = settings_.make_runner();
    measured_ = measure(*runner_);
  } catch (const std::exception& error) {
    error_ = error.what();
  }
}

// A request that breaks the network fails alone; the stage goes on.
void StageExecutor::handle(Job job) {
  try {
    StageOutcome outcome = compute(job, times_of(job.request));
    const SteadyTime end = steady_now();
    times_of(job.request).set_end_ns(to_ns(end));
    hand_on(std::move(job), std::move(outcome), end);
  } catch (const std::exception& error) {
    Outgoing failed;
    failed.ready = steady_now();
    *failed.header.mutable_result() = result_of(std::move(job.request));
    failed.header.mutable_result()->set_error(error.what());
    results_.push(std::move(failed));
  }
}

StageOutcome StageExecutor::compute(const Job& job, wire::StageTimes& times) {
  const bool padded = settings_.deploy.has_emulation() && !job.request.probe();
  const SteadyTime begin = padded ? pacer_.begin(job.received) : steady_now();
  times.set_start_ns(to_ns(begin));
  // The bytes were received straight into tensors: natively, nothing is decoded.
  times.set_decoded_ns(to_ns(begin));
  StageOutcome outcome = runner_->run(job.tensors, job.request.probe());
  if (padded) pad(begin, outcome, job, times);
  return outcome;
}

void StageExecutor::pad(SteadyTime begin, const StageOutcome& outcome, const Job& job, wire::StageTimes& times) {
  const wire::Emulation& emulation = settings_.deploy.emulation();
  const bool at_head = outcome.exit && *outcome.exit < runner_->graph().exit_heads().size();
  const int stage = static_cast<int>(settings_.deploy.stage());
  const Seconds decode(emulation.decode_s());
  const Seconds cost =
      decode + emulated_compute(emulation, at_head ? outcome.exit : std::nullopt, job.request.quantiles(stage));

  const SteadyTime end = pacer_.book(begin, cost);
  times.set_decoded_ns(to_ns(begin + to_duration(decode)));
  wait_until(end);
  Pacer::count(pads_, cost, end, steady_now());
}

void StageExecutor::hand_on(Job job, StageOutcome outcome, SteadyTime end) {
  Outgoing message;
  message.ready = end;
  message.shaped = !job.request.probe();
  if (!outcome.exit) {
    message.tensors = std::move(outcome.tensors);
    *message.header.mutable_request() = std::move(job.request);
    settings_.send_on(std::move(message));
    return;
  }
  wire::Result& result = *message.header.mutable_result();
  result = result_of(std::move(job.request));
  result.set_exit(*outcome.exit);
  result.set_predicted(outcome.observation.predicted);
  result.set_confidence(outcome.observation.confidence);
  if (result.probe()) result.mutable_logits()->Assign(outcome.logits.begin(), outcome.logits.end());
  results_.push(std::move(message));
}

void StageExecutor::wait_until(SteadyTime until) {
  {
    std::unique_lock lock(mutex_);
    if (stop_changed_.wait_until(lock, until - kSpin, [this] { return stopping_; })) return;
  }
  while (steady_now() < until) {
  }
}

}  // namespace twinfer
