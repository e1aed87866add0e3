// The makespan of a pipeline of transfers and computations with unlimited
// buffers: ResMap's recurrence (INFOCOM 2023), a permutation flow shop.
//
//   done[f][s] = max(done[f-1][s], done[f][s-1]) + cost(f, s)
//
// with missing terms zero. The simulator is checked against it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/units.h"

namespace twinfer {

// Costs of frame 0 and of every following frame, one entry a resource, in order.
struct PipelineCosts {
  std::vector<Seconds> first;
  std::vector<Seconds> following;
};

// When frame f leaves resource s, for every f < frames: result[f][s].
// REQUIRES: both vectors of the same length.
std::vector<std::vector<Seconds>> flow_shop_times(const PipelineCosts& costs, std::uint64_t frames);

// When the last frame leaves the last resource; zero without frames or resources.
// Does not depend on the number of frames in time or memory: O(resources).
// REQUIRES: both vectors of the same length, no cost below zero.
Seconds flow_shop_makespan(const PipelineCosts& costs, std::uint64_t frames);

}  // namespace twinfer
