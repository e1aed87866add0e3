#include "policies/replan.h"

#include "core/bandwidth_trace.h"
#include "policies/partition_policy.h"

namespace twinfer {

std::vector<PlanPhase> plan_phases(const Scenario& scenario, const Plan& first) {
  std::vector<PlanPhase> phases{{Seconds(0), first, {}}};
  if (!scenario.replan) return phases;
  HeldParameters held(scenario.graph, scenario.source);
  held.take(first);  // from before the run
  Platform decided_for = scenario.platform;
  for (const Seconds at : change_times(scenario.platform)) {
    const Platform now = platform_at(scenario.platform, at);
    if (largest_change(decided_for, now) < scenario.replan->on_bandwidth_change) continue;
    decided_for = now;
    const CostModel cost(scenario.graph, now, scenario.profiles);
    Plan plan = make_plan(scenario, cost, first.policy);
    if (is_same_way(plan, phases.back().plan)) continue;
    std::vector<ParameterMove> moves = held.take(plan);
    phases.push_back({at, std::move(plan), std::move(moves)});
  }
  return phases;
}

}  // namespace twinfer
