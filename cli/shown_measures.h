// The measures of a run that tables of policies show, and how.
#pragma once

#include <array>

namespace twinfer {

struct ShownMeasure {
  const char* name;   // as stored
  const char* asked;  // as `twinfer table` calls it in the unit of the heading
  const char* heading;
  double scale;         // from the stored value to the unit of the heading
  int decimals;         // of a single run
  int better;           // -1: less is better, 1: more is better, 0: neither
  bool of_all = false;  // shown only where every run has it
};

inline constexpr std::array kShownMeasures{
    ShownMeasure{"p50_latency_s", "p50_latency_ms", "P50 (ms)", 1e3, 2, -1},
    ShownMeasure{"p95_latency_s", "p95_latency_ms", "P95 (ms)", 1e3, 2, -1},
    ShownMeasure{"p99_latency_s", "p99_latency_ms", "P99 (ms)", 1e3, 2, -1},
    ShownMeasure{"mean_latency_s", "mean_latency_ms", "mean (ms)", 1e3, 2, -1},
    ShownMeasure{"throughput_hz", "throughput_hz", "throughput (1/s)", 1, 2, 1},
    ShownMeasure{"accuracy", "accuracy_percent", "accuracy (%)", 100, 2, 1},
    ShownMeasure{"early_exit_share", "early_exit_share_percent", "early exits (%)", 100, 1, 0},
    ShownMeasure{"sent_bytes_per_request", "sent_kb_per_request", "sent (kB/request)", 1e-3, 2, -1},
    ShownMeasure{"energy_j", "energy_mj", "energy (mJ/request)", 1e3, 2, -1, true},
    ShownMeasure{"cost", "cost", "cost (/1000)", 1, 4, -1, true}};

}  // namespace twinfer
