#include "policies/flow_shop.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace twinfer {

std::vector<std::vector<Seconds>> flow_shop_times(const PipelineCosts& costs, std::uint64_t frames) {
  assert(costs.first.size() == costs.following.size() && costs.first.size() == costs.lags.size());
  std::vector<std::vector<Seconds>> times;
  std::vector<Seconds> free(costs.first.size());  // when each resource has done the frame before
  for (std::uint64_t frame = 0; frame < frames; ++frame) {
    const std::vector<Seconds>& cost = frame == 0 ? costs.first : costs.following;
    std::vector<Seconds>& done = times.emplace_back();
    Seconds now;
    for (std::size_t s = 0; s < cost.size(); ++s) {
      free[s] = std::max(free[s], now) + cost[s];
      done.push_back(now = free[s] + costs.lags[s]);
    }
  }
  return times;
}

// The makespan is the longest way through the grid of frames and resources, one
// step right or down at a time. Frames after the first are alike, so a way that
// leaves row 0 at resource `turn` then pays every resource from there on once,
// and its remaining frames - 2 steps down all go to the dearest of them. Every way
// pays every lag once.
Seconds flow_shop_makespan(const PipelineCosts& costs, std::uint64_t frames) {
  assert(costs.first.size() == costs.following.size() && costs.first.size() == costs.lags.size());
  if (frames == 0 || costs.first.empty()) return {};
  const Seconds lag = std::accumulate(costs.lags.begin(), costs.lags.end(), Seconds(0));
  std::vector<Seconds> row0(costs.first.size());  // when frame 0 leaves each resource
  std::partial_sum(costs.first.begin(), costs.first.end(), row0.begin());
  if (frames == 1) return row0.back() + lag;

  Seconds longest;
  Seconds after;    // following frames' cost of the resources from `turn` on
  Seconds dearest;  // the largest of these
  for (std::size_t turn = row0.size(); turn-- > 0;) {
    after += costs.following[turn];
    dearest = std::max(dearest, costs.following[turn]);
    longest = std::max(longest, row0[turn] + after + dearest * static_cast<double>(frames - 2));
  }
  return longest + lag;
}

}  // namespace twinfer
