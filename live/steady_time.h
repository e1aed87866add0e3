// The monotonic clock, and waits on it that end within microseconds of their
// deadline: a coarse sleep, then a short spin over the scheduler's slack.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/units.h"

namespace twinfer {

using SteadyTime = std::chrono::steady_clock::time_point;

// How long before a deadline a precise wait stops sleeping and starts to spin: virtual
// machines wake a sleeper late by 50 us at the median, by 100 us one time in ten.
inline constexpr std::chrono::microseconds kSpin{200};

inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

inline std::int64_t to_ns(SteadyTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

inline std::chrono::nanoseconds to_duration(Seconds time) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(time.si() * 1e9));
}

inline Seconds seconds_between(SteadyTime from, SteadyTime to) {
  return Seconds(std::chrono::duration<double>(to - from).count());
}

// Lets the calling thread's sleeps end without the kernel's usual 50 us of slack.
void ask_for_fine_timers();

}  // namespace twinfer
