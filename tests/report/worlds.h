// Two worlds for tests of fidelity: runs whose latencies are queueing and computing.
#pragma once

#include <cstdint>

#include "report/fidelity.h"
#include "tests/report/rows.h"

namespace twinfer {

// Requests a second apart; the i-th waits i % 10 ms times `queue`, and computes `compute_s`.
inline RunRows world_of(std::uint64_t requests, double compute_s, double queue = 1) {
  RunRows rows;
  for (std::uint64_t i = 0; i < requests; ++i) {
    StageRow& stage = rows.stages.emplace_back();
    stage.request = i;
    stage.queue_s = static_cast<double>(i % 10) * 1e-3 * queue;
    stage.compute_s = compute_s;
    rows.results.push_back(returned_row(i, static_cast<double>(i), stage.queue_s + compute_s));
  }
  return rows;
}

inline constexpr FidelityQuestion kQuestion{2, false, 1};

}  // namespace twinfer
