#include "policies/step_costs.h"

#include <limits>

#include "core/layer_graph.h"
#include "policies/plan_building.h"

namespace twinfer {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

bool is_hop(LayerId layer, DeviceId from, DeviceId to) { return layer == 1 || from != to; }

bool may_stand(const PlacementRules& rules, LayerId layer, DeviceId from, DeviceId to) {
  if (!rules.allowed.empty() && !rules.allowed[layer][to]) return false;
  return layer == 1 || from == to || rules.may_cut_after.empty() || rules.may_cut_after[layer - 1];
}

// Fills in every step of `costs` by what `of` says of it.
template <class StepCost>
void fill_steps(StepCosts& costs, const StepCost& of) {
  costs.steps.assign((costs.last + 1) * costs.devices * costs.devices, kInfinite);
  for (LayerId layer = 1; layer <= costs.last; ++layer)
    for (DeviceId from = 0; from < costs.devices; ++from)
      for (DeviceId to = 0; to < costs.devices; ++to) costs.steps[costs.step_at(layer, from, to)] = of(layer, from, to);
}

double through(const StepCosts& costs, const std::vector<std::vector<double>>& remaining, LayerId layer, DeviceId from,
               DeviceId to) {
  return costs.step(layer, from, to) + remaining[layer][to];
}

// Of equally cheap ones: staying, then the smallest.
DeviceId best_next(const StepCosts& costs, const std::vector<std::vector<double>>& remaining, LayerId layer,
                   DeviceId from) {
  DeviceId best = from;
  for (DeviceId to = 0; to < costs.devices; ++to)
    if (through(costs, remaining, layer, from, to) < through(costs, remaining, layer, from, best)) best = to;
  return best;
}

}  // namespace

PlacementRules memory_rules(const Problem& problem) {
  PlacementRules rules;
  rules.layer_memory = parameters_by_layer(problem.cost.graph());
  for (const Device& device : problem.cost.platform().devices) rules.capacity.push_back(device.memory);
  return rules;
}

std::vector<Stage> stages_of(const Assignment& way) {
  std::vector<Stage> stages;
  LayerId first = 1;
  for (LayerId layer = 2; layer <= way.size(); ++layer) {
    if (layer < way.size() && way[layer] == way[first]) continue;
    stages.emplace_back(way[first], first, layer - 1);
    first = layer;
  }
  return stages;
}

StepCosts latency_costs(const Problem& problem, const ChainCosts& costs, const PlacementRules& rules) {
  StepCosts result{problem.source, costs.last(), costs.devices(), {}, {}};
  for (DeviceId device = 0; device < costs.devices(); ++device) result.ends.push_back(costs.result(device).si());
  fill_steps(result, [&](LayerId layer, DeviceId from, DeviceId to) {
    if (!costs.usable(from) || !costs.usable(to) || !may_stand(rules, layer, from, to)) return kInfinite;
    const Seconds compute = costs.compute(layer - 1, layer, to);
    if (!is_hop(layer, from, to)) return compute.si();
    return (costs.sending(layer - 1, from, to) + costs.decode(layer - 1, to) + compute).si();
  });
  return result;
}

StepCosts energy_costs(const ChainEnergy& energy, const StepCosts& latency) {
  StepCosts result = latency;
  for (DeviceId device = 0; device < result.devices; ++device)
    if (result.ends[device] != kInfinite) result.ends[device] = energy.result(device).si();
  fill_steps(result, [&](LayerId layer, DeviceId from, DeviceId to) {
    if (latency.step(layer, from, to) == kInfinite) return kInfinite;
    const Joules compute = energy.compute(layer - 1, layer, to);
    return (is_hop(layer, from, to) ? energy.hop(layer - 1, from, to) + compute : compute).si();
  });
  return result;
}

StepCosts weighted_sum(const StepCosts& a, double factor, const StepCosts& b) {
  StepCosts sum = a;
  for (std::size_t i = 0; i < sum.steps.size(); ++i) sum.steps[i] += factor * b.steps[i];
  for (std::size_t i = 0; i < sum.ends.size(); ++i) sum.ends[i] += factor * b.ends[i];
  return sum;
}

Assignment leave(const Assignment& way, LayerId layer, DeviceId to) {
  Assignment start(way.begin(), way.begin() + static_cast<std::ptrdiff_t>(layer));
  start.push_back(to);
  return start;
}

std::vector<std::vector<double>> least_remaining(const StepCosts& costs) {
  std::vector<std::vector<double>> remaining(costs.last + 1, std::vector<double>(costs.devices, kInfinite));
  remaining[costs.last] = costs.ends;
  for (LayerId done = costs.last; done-- > 1;)
    for (DeviceId device = 0; device < costs.devices; ++device)
      remaining[done][device] =
          through(costs, remaining, done + 1, device, best_next(costs, remaining, done + 1, device));
  return remaining;
}

Assignment cheapest_from(const StepCosts& costs, const std::vector<std::vector<double>>& remaining, Assignment start) {
  for (LayerId layer = start.size(); layer <= costs.last; ++layer)
    start.push_back(best_next(costs, remaining, layer, start.back()));
  return start;
}

double cost_of(const StepCosts& costs, const Assignment& way) {
  double cost = 0;
  for (LayerId layer = 1; layer < way.size(); ++layer) cost += costs.step(layer, way[layer - 1], way[layer]);
  return cost + costs.ends[way.back()];
}

}  // namespace twinfer
