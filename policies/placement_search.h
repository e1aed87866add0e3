// The cheapest way of one request over any devices in any order: a shortest path
// over (layers done, device), with memory limits and rules of what may stand where.
//
// Without binding memory it is dynamic programming over the topological order, as
// in Dijkstra's algorithm on a layered graph: O(layers x devices^2). Where the
// cheapest way does not fit into memory, labels (cost, memory used) are searched in
// the order of their cost plus what the rest costs at least (A*, Hart, Nilsson,
// Raphael, 1968), those that another label beats in both dropped. That is exact;
// its worst case is exponential, as the problem is a knapsack.
#pragma once

#include <optional>
#include <vector>

#include "policies/chain_costs.h"

namespace twinfer {

// What a plan must keep. Empty vectors: no rule.
struct PlacementRules {
  std::vector<bool> may_cut_after;         // by layer: whether a hop may stand behind it
  std::vector<std::vector<bool>> allowed;  // [layer][device]
  std::vector<Bytes> layer_memory;         // by layer; added up on a device
  std::vector<Bytes> capacity;             // by device; 0: no limit
};

// Of the plan's parameters against the devices' memory.
PlacementRules memory_rules(const Problem& problem);

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
