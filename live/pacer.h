// Emulated time on one resource, an executor or a connection: real work is
// padded until its emulated end, on a schedule that does not drift.
#pragma once

#include <atomic>
#include <cstdint>

#include "live/steady_time.h"

namespace twinfer {

// A pad is late if its work ended after its emulated end by more than a tenth of
// its cost. Lateness that is nothing beside a request's whole latency is forgiven
// all the same: a wire of 50 us cannot be held to 5 us.
inline constexpr double kLateShare = 0.1;
inline constexpr double kForgivenShare = 0.05;            // of the plan's emulated latency
inline constexpr std::chrono::microseconds kWakeUp{500};  // at least

// Pads of a deployment, counted by several threads.
struct PadCounts {
  std::chrono::nanoseconds forgiven = kWakeUp;
  std::atomic<std::uint64_t> pads{0};
  std::atomic<std::uint64_t> late{0};
};

// One resource's schedule, used by one thread. Back-to-back work is anchored on
// the emulated end of the work before it, so that late wake-ups do not add up.
class Pacer {
 public:
  // When work that is ready since `ready` begins, in emulated time.
  [[nodiscard]] SteadyTime begin(SteadyTime ready) const { return ready > free_at_ ? ready : free_at_; }

  // Books work of `cost` beginning at `begin`; returns its emulated end.
  SteadyTime book(SteadyTime begin, Seconds cost) {
    free_at_ = begin + to_duration(cost);
    return free_at_;
  }

  // Counts a pad that was meant to end at `planned` and did at `real`.
  static void count(PadCounts& counts, Seconds cost, SteadyTime planned, SteadyTime real) {
    ++counts.pads;
    if (real - planned > counts.forgiven && seconds_between(planned, real).si() > kLateShare * cost.si()) ++counts.late;
  }

 private:
  SteadyTime free_at_{};
};

}  // namespace twinfer
