// The makespan of a pipeline of transfers and computations with unlimited
// buffers: ResMap's recurrence (INFOCOM 2023), a permutation flow shop.
//
//   free[f][s] = max(free[f-1][s], done[f][s-1]) + cost(f, s)
//   done[f][s] = free[f][s] + lag(s)
//
// with missing terms zero: a transfer's latency lags behind it and holds nothing. The simulator is checked against it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/units.h"

namespace twinfer {

// Costs of frame 0 and of every following frame, and what lags behind them all; one
// entry a resource, in order.
struct PipelineCosts {
  std::vector<Seconds> first;
  std::vector<Seconds> following;
  std::vector<Seconds> lags;
};

// When frame f is through resource s and its lag, for every f < frames: result[f][s].
// REQUIRES: all vectors of the same length.
std::vector<std::vector<Seconds>> flow_shop_times(const PipelineCosts& costs, std::uint64_t frames);

// When the last frame is through the last resource and its lag; zero without frames or resources.
// Does not depend on the number of frames in time or memory: O(resources).
// REQUIRES: all vectors of the same length, no cost below zero.
Seconds flow_shop_makespan(const PipelineCosts& costs, std::uint64_t frames);

}  // namespace twinfer
