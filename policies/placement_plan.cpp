#include "policies/placement_plan.h"

#include <fmt/format.h>

#include "core/error.h"
#include "policies/plan_building.h"

namespace twinfer {

std::vector<std::vector<bool>> allowed_devices(const Problem& problem) {
  if (problem.constraints.empty()) return {};
  const std::size_t devices = problem.cost.platform().devices.size();
  std::vector<std::vector<bool>> allowed(problem.cost.graph().size(), std::vector<bool>(devices, true));
  for (const PlacementConstraint& constraint : problem.constraints)
    for (DeviceId device = 0; device < devices; ++device)
      if ((device == constraint.device) != constraint.must) allowed[constraint.layer][device] = false;
  return allowed;
}

std::vector<Candidate> placement_candidates(const Problem& problem, const std::vector<Placement>& placements) {
  std::vector<Candidate> candidates;
  for (const Placement& placement : placements)
    if (is_feasible(problem, placement.stages))
      candidates.push_back({layout(problem, placement.stages), placement.latency});
  return best_first(std::move(candidates));
}

Plan placement_plan(const Problem& problem, const std::string& policy, const PlacementRules& rules,
                    const std::string& claim) {
  const ChainCosts costs(problem);
  const std::vector<Placement> placements = cheapest_placements(problem, costs, rules, kMostCandidates);
  if (placements.empty())
    throw InputError("", "policy", policy, "no plan has its routes, fits the memory and keeps the constraints");
  Plan plan = costed_plan(problem, policy, placements.front().stages);
  plan.objective = kLatencyObjective;
  plan.candidates = placement_candidates(problem, placements);
  plan.why = fmt::format("{}: a request needs {}{}.", claim, time_text(plan.predicted_latency), runner_up_text(plan));
  return plan;
}

}  // namespace twinfer
