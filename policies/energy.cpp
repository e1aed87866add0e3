// The plan that needs the least energy of one request among those that keep its
// deadline, over every device of the scenario in any order, each as often as it pays,
// within the devices' memory and the scenario's constraints.
//
// Energy against latency over layers is the trade of JointDNN (Eshratifar, Abrishami,
// Pedram, arXiv 2018, IEEE TMC 2021), there between a mobile device and a cloud and for
// the device's battery; here for any devices, all of whose joules count the same. Exact
// among plans whose stages are runs of the graph's topological order (label_search.h).
// What counts as energy: core/energy.h. The deadline is held against one request alone:
// queueing is left to the back ends, and so are requests that leave early.

#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/label_search.h"
#include "policies/placement_plan.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

// Every way within the budget that leaves `best` at one point and goes on with the
// least energy or, where that exceeds the budget, as fast as it can.
std::vector<Assignment> deviations(const StepCosts& energy, const Budget& budget, const Assignment& best) {
  const std::vector<std::vector<double>> frugal = least_remaining(energy);
  const std::vector<std::vector<double>> hurried = least_remaining(budget.costs);
  const auto keeps = [&](const Assignment& way) { return budget.allows(cost_of(budget.costs, way)); };
  std::vector<Assignment> ways;
  for (LayerId layer = 1; layer < best.size(); ++layer)
    for (DeviceId to = 0; to < energy.devices; ++to) {
      if (to == best[layer]) continue;
      Assignment way = cheapest_from(energy, frugal, leave(best, layer, to));
      if (!keeps(way)) way = cheapest_from(budget.costs, hurried, leave(best, layer, to));
      if (keeps(way)) ways.push_back(std::move(way));
    }
  return ways;
}

// The cheapest of `ways` that have their routes and fit the memory.
std::vector<Candidate> energy_candidates(const Problem& problem, const StepCosts& energy,
                                         std::vector<Assignment> ways) {
  std::ranges::stable_sort(ways, {}, [&](const Assignment& way) { return cost_of(energy, way); });
  std::vector<Candidate> candidates;
  for (const Assignment& way : ways) {
    if (candidates.size() == kMostCandidates) break;
    const std::vector<Stage> stages = stages_of(way);
    if (is_feasible(problem, stages)) candidates.push_back({layout(problem, stages), Joules(cost_of(energy, way))});
  }
  return best_first(std::move(candidates));
}

class Energy final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    if (!problem.deadline)
      throw InputError("", "deadline_s", "", "is missing; policy energy keeps it, as the longest latency of a request");
    PlacementRules rules = memory_rules(problem);
    rules.allowed = allowed_devices(problem);
    const ChainCosts costs(problem);
    const StepCosts latency = latency_costs(problem, costs, rules);
    const StepCosts energy = energy_costs(ChainEnergy(problem, costs, usable_devices(costs)), latency);
    const std::optional<Assignment> fastest = cheapest_assignment(latency, rules);
    if (!fastest)
      throw InputError("", "policy", "energy", "no plan has its routes, fits the memory and keeps the constraints");
    const Budget budget{latency, problem.deadline->si()};
    const std::optional<Assignment> best = cheapest_assignment(energy, rules, budget);
    if (!best)
      throw InputError("", "deadline_s", fmt::format("{:g}", problem.deadline->si()),
                       fmt::format("no plan keeps it; the fastest, {}, takes {}", layout(problem, stages_of(*fastest)),
                                   time_text(Seconds(cost_of(latency, *fastest)))));
    Plan plan = costed_plan(problem, "energy", stages_of(*best));
    plan.objective = "energy of one request that keeps the deadline";
    std::vector<Assignment> ways = deviations(energy, budget, *best);
    ways.insert(ways.begin(), {*best, *fastest});
    plan.candidates = energy_candidates(problem, energy, std::move(ways));
    plan.why =
        fmt::format("No plan that keeps {} needs less than {}{}; the fastest, {}, needs {} and takes {}.",
                    time_text(*problem.deadline), energy_text(Joules(cost_of(energy, *best))), runner_up_text(plan),
                    layout(problem, stages_of(*fastest)), energy_text(Joules(cost_of(energy, *fastest))),
                    time_text(Seconds(cost_of(latency, *fastest))));
    return plan;
  }

 private:
  static std::vector<DeviceId> usable_devices(const ChainCosts& costs) {
    std::vector<DeviceId> devices;
    for (DeviceId device = 0; device < costs.devices(); ++device)
      if (costs.usable(device)) devices.push_back(device);
    return devices;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_energy() { return std::make_unique<Energy>(); }

}  // namespace twinfer
