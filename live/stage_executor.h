// One deployed stage: a compute thread between a queue of jobs and queues of
// messages, to each replica of the next stage and back to the source.
//
//   data connection -> jobs -> [thread: decode, layers, heads] -> send_on -> hop sender
//                                                              -> results -> result sender
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "live/messages.h"
#include "live/pacer.h"
#include "live/stage_runner.h"
#include "live/steady_time.h"
#include "policies/scheduling_policy.h"

namespace twinfer {

class StageExecutor {
 public:
  struct Settings {
    wire::Deploy deploy;
    std::unique_ptr<SchedulingPolicy> scheduling;
    std::function<std::unique_ptr<StageRunner>()> make_runner;  // called on the compute thread
    std::function<void()> on_ready;                             // called by it: ready() is true from then on
    std::function<void(Outgoing)> send_on;                      // called by it, to the next stage
  };

  // Borrows queues and counts, which must outlive it. Starts the thread, which
  // builds the runner and measures the stage.
  StageExecutor(Settings settings, JobQueue& jobs, OutgoingQueue& results, PadCounts& pads);
  // Ends at the layer or pad that is running. REQUIRES: the queues are closed.
  ~StageExecutor();

  [[nodiscard]] bool ready() const { return ready_; }

  // REQUIRES: ready().
  [[nodiscard]] const std::string& error() const { return error_; }  // why there is no runner; empty if there is
  [[nodiscard]] Seconds measured() const { return measured_; }       // the whole stage, at its fastest
  [[nodiscard]] const StageRunner& runner() const { return *runner_; }

 private:
  void work();
  void prepare();
  void handle(Job job);
  StageOutcome compute(const Job& job, wire::StageTimes& times);
  void pad(SteadyTime begin, const StageOutcome& outcome, const Job& job, wire::StageTimes& times);
  void hand_on(Job job, StageOutcome outcome, SteadyTime end);
  void wait_until(SteadyTime until);

  Settings settings_;
  JobQueue& jobs_;
  OutgoingQueue& results_;
  PadCounts& pads_;
  Pacer pacer_;
  std::unique_ptr<StageRunner> runner_;
  std::string error_;
  Seconds measured_;
  std::atomic<bool> ready_{false};

  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stopping_ = false;
  std::thread thread_;  // last: starts when everything above exists
};

// Emulated compute cost of a stage for a request that leaves at `exit`.
// REQUIRES: `emulation` lists that way of leaving.
Seconds emulated_compute(const wire::Emulation& emulation, std::optional<ExitId> exit, double quantile);

}  // namespace twinfer
