#include "policies/replan.h"

#include <map>
#include <set>

#include "core/bandwidth_trace.h"
#include "policies/partition_policy.h"

namespace twinfer {
namespace {

// Which layers each device has.
using Holdings = std::map<DeviceId, std::set<LayerId>>;

// What `plan` needs and nobody has yet, which all have from then on.
std::vector<ParameterMove> take_moves(Holdings& held, const Plan& plan, const LayerGraph& graph, DeviceId source) {
  const std::vector<Bytes> parameters = parameters_by_layer(graph);
  std::map<DeviceId, Bytes> missing;
  for (const Stage& stage : plan.stages)
    for (const DeviceId device : stage.devices)
      for (const LayerId layer : stage.layers)
        if (held[device].insert(layer).second) missing[device] += parameters[layer];
  std::vector<ParameterMove> moves;
  for (const auto& [device, bytes] : missing)
    if (device != source && bytes > Bytes(0)) moves.push_back({device, bytes});
  return moves;
}

}  // namespace

std::vector<PlanPhase> plan_phases(const Scenario& scenario, const Plan& first) {
  std::vector<PlanPhase> phases{{Seconds(0), first, {}}};
  if (!scenario.replan) return phases;
  Holdings held;
  take_moves(held, first, scenario.graph, scenario.source);  // from before the run
  Platform decided_for = scenario.platform;
  for (const Seconds at : change_times(scenario.platform)) {
    const Platform now = platform_at(scenario.platform, at);
    if (largest_change(decided_for, now) < scenario.replan->on_bandwidth_change) continue;
    decided_for = now;
    const CostModel cost(scenario.graph, now, scenario.profiles);
    Plan plan = make_plan(scenario, cost, first.policy);
    if (plan.stages == phases.back().plan.stages && plan.exits == phases.back().plan.exits) continue;
    std::vector<ParameterMove> moves = take_moves(held, plan, scenario.graph, scenario.source);
    phases.push_back({at, std::move(plan), std::move(moves)});
  }
  return phases;
}

}  // namespace twinfer
