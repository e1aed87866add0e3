// Ways of one request through its layers, each on some device, and what their steps
// add up to: dynamic programming over (layers done, device).
#pragma once

#include <vector>

#include "policies/chain_costs.h"
#include "policies/chain_energy.h"

namespace twinfer {

// What a way must keep. Empty vectors: no rule.
struct PlacementRules {
  std::vector<bool> may_cut_after;         // by layer: whether a hop may stand behind it
  std::vector<std::vector<bool>> allowed;  // [layer][device]
  std::vector<Bytes> layer_memory;         // by layer; added up on a device
  std::vector<Bytes> capacity;             // by device; 0: no limit
};

// Of the plan's parameters against the devices' memory.
PlacementRules memory_rules(const Problem& problem);

// The device of each layer; [0], the input, is on the source.
using Assignment = std::vector<DeviceId>;

// A device may have several of the stages.
std::vector<Stage> stages_of(const Assignment& way);

// One kind of cost of every step, all in one unit; infinite for a step that has no
// route or that the rules forbid. Memory is not looked at.
struct StepCosts {
  DeviceId source = 0;
  LayerId last = 0;
  std::size_t devices = 0;
  std::vector<double> steps;  // of a layer, by step_at()
  std::vector<double> ends;   // of the result's return, by device

  // Layer `layer` on `to`, with the hop from `from`, where the layer before it ran (the
  // source, for layer 1), if it needs one.
  [[nodiscard]] std::size_t step_at(LayerId layer, DeviceId from, DeviceId to) const {
    return (layer * devices + from) * devices + to;
  }
  [[nodiscard]] double step(LayerId layer, DeviceId from, DeviceId to) const { return steps[step_at(layer, from, to)]; }
};

StepCosts latency_costs(const Problem& problem, const ChainCosts& costs, const PlacementRules& rules);  // seconds
// Joules. `latency`, of the same problem, says which steps there are.
StepCosts energy_costs(const ChainEnergy& energy, const StepCosts& latency);
// a + factor x b. REQUIRES: costs of the same steps, factor above 0.
StepCosts weighted_sum(const StepCosts& a, double factor, const StepCosts& b);

// `way` before `layer`, then `to`: where to go on from, by cheapest_from.
Assignment leave(const Assignment& way, LayerId layer, DeviceId to);

// The least cost of all that follows once layer p has run on device d: [p][d].
std::vector<std::vector<double>> least_remaining(const StepCosts& costs);

// The rest of the cheapest way on from what is placed. Of equally cheap ones the one that
// hops later, then to the smaller device.
Assignment cheapest_from(const StepCosts& costs, const std::vector<std::vector<double>>& remaining, Assignment start);

double cost_of(const StepCosts& costs, const Assignment& way);

}  // namespace twinfer
