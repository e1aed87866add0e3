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

#include <fmt/format.h>

#include "core/error.h"
#include "policies/label_search.h"
#include "policies/placement_plan.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

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
    const std::optional<Assignment> best = cheapest_assignment(energy, rules, Budget{latency, problem.deadline->si()});
    if (!best)
      throw InputError("", "deadline_s", fmt::format("{:g}", problem.deadline->si()),
                       fmt::format("no plan keeps it; the fastest, {}, takes {}", layout(problem, stages_of(*fastest)),
                                   time_text(Seconds(cost_of(latency, *fastest)))));
    Plan plan = costed_plan(problem, "energy", stages_of(*best));
    plan.objective = "energy of one request that keeps the deadline";
    plan.why = fmt::format("No plan that keeps {} needs less than {}; the fastest, {}, needs {} and takes {}.",
                           time_text(*problem.deadline), energy_text(Joules(cost_of(energy, *best))),
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
