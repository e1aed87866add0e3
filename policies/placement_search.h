// The cheapest way of one request over any devices in any order: a shortest path
// over (layers done, device), with memory limits and rules of what may stand where.
//
// Without binding memory it is dynamic programming over the topological order, as
// in Dijkstra's algorithm on a layered graph (step_costs.h): O(layers x devices^2). Where the
// cheapest way does not fit into memory, labels are searched (label_search.h).
#pragma once

#include <vector>

#include "policies/step_costs.h"

namespace twinfer {

// Stages of consecutive layers; a device may have several of them.
struct Placement {
  std::vector<Stage> stages;
  Seconds latency;
};

// The optimum, then every plan that leaves its way at one point and is the
// cheapest from there on (so the second is the second best), at most `most` in
// all, cheapest first. The others need not fit into memory. Empty if no plan keeps the
// rules. Of equally cheap plans the one that hops later, then to the smaller
// device, comes first. Throws InputError where the memory search outgrows its bound.
std::vector<Placement> cheapest_placements(const Problem& problem, const ChainCosts& costs, const PlacementRules& rules,
                                           std::size_t most);

}  // namespace twinfer
