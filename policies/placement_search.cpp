#include "policies/placement_search.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "policies/label_search.h"
#include "policies/plan_building.h"

namespace twinfer {
namespace {

using CostedAssignment = std::pair<double, Assignment>;  // seconds

bool fits(const PlacementRules& rules, const Assignment& way) {
  std::vector<Bytes> used(rules.capacity.size());
  for (LayerId layer = 1; layer < way.size(); ++layer) used[way[layer]] += rules.layer_memory[layer];
  for (DeviceId device = 0; device < used.size(); ++device)
    if (rules.capacity[device] != Bytes(0) && used[device] > rules.capacity[device]) return false;
  return true;
}

// The cheapest way first. A way of infinite cost is none.
std::vector<CostedAssignment> deviations(const StepCosts& costs, std::size_t most) {
  const std::vector<std::vector<double>> remaining = least_remaining(costs);
  const Assignment way = cheapest_from(costs, remaining, {costs.source});
  const double best = cost_of(costs, way);
  if (best == kNever.si()) return {};
  std::vector<CostedAssignment> found;
  double before = 0;
  for (LayerId layer = 1; layer < way.size(); ++layer) {
    for (DeviceId to = 0; to < costs.devices; ++to) {
      const double cost = before + costs.step(layer, way[layer - 1], to) + remaining[layer][to];
      if (to == way[layer] || cost == kNever.si()) continue;
      found.emplace_back(cost, leave(way, layer, to));
    }
    before += costs.step(layer, way[layer - 1], way[layer]);
  }
  std::ranges::stable_sort(found, {}, &CostedAssignment::first);
  if (found.size() >= most) found.resize(most - 1);
  for (auto& [cost, start] : found) start = cheapest_from(costs, remaining, std::move(start));
  found.insert(found.begin(), {best, way});
  return found;
}

}  // namespace

std::vector<Placement> cheapest_placements(const Problem& problem, const ChainCosts& costs, const PlacementRules& rules,
                                           std::size_t most) {
  const StepCosts latency = latency_costs(problem, costs, rules);
  std::vector<CostedAssignment> found = deviations(latency, most);
  if (found.empty()) return {};
  if (!fits(rules, found.front().second)) {
    const std::optional<Assignment> best = cheapest_assignment(latency, rules);
    if (!best) return {};
    found.insert(found.begin(), {cost_of(latency, *best), *best});
  }
  std::vector<Placement> placements;
  for (const auto& [cost, way] : found) placements.push_back({stages_of(way), Seconds(cost)});
  return placements;
}

}  // namespace twinfer
