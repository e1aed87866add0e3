// From a scenario to a checked plan: the way in that both back ends use.

#include <limits>

#include "core/error.h"
#include "policies/exit_policy.h"
#include "policies/partition_policy.h"

namespace twinfer {

namespace {

// A window of several requests keeps a pipeline as busy as it can be. A load is a share of
// what the plan turns out to sustain: whatever it is, one request at a time can be served.
double load_of(const Scenario& scenario) {
  if (scenario.arrivals.process != ArrivalProcess::kClosed) return scenario.arrivals.rate_hz;
  return scenario.pd_num > 1 ? std::numeric_limits<double>::infinity() : 0;
}

void check_constraints(const Plan& plan, const Scenario& scenario) {
  for (const PlacementConstraint& constraint : scenario.constraints)
    for (const Stage& stage : plan.stages) {
      const bool there = constraint.must ? stage.devices == std::vector<DeviceId>{constraint.device}
                                         : !stage.runs_on(constraint.device);
      if (!stage.holds(constraint.layer) || there) continue;
      throw InputError("", constraint.must ? "constraints.must" : "constraints.mustnot",
                       scenario.graph.layer(constraint.layer).name,
                       "policy " + plan.policy + " puts it on " + describe_devices(stage, scenario.platform) +
                           "; exact-latency, exact-throughput, joint, energy, papdl and exhaustive keep constraints");
    }
}

}  // namespace

Problem make_problem(const Scenario& scenario, const CostModel& cost) {
  return {.cost = cost,
          .source = scenario.source,
          .target = scenario.target,
          .chain = scenario.chain,
          .active_heads = make_exit_policy(scenario.exits)->active_heads(),
          .frames = scenario.requests,
          .rate_hz = load_of(scenario),
          .replicas = scenario.replicas,
          .constraints = scenario.constraints,
          .trace = scenario.trace ? &*scenario.trace : nullptr,
          .min_accuracy = scenario.min_accuracy,
          .deadline = scenario.deadline,
          .threads = scenario.threads};
}

Plan make_plan(const Scenario& scenario, const CostModel& cost, const std::string& policy) {
  try {
    Plan plan = make_partition_policy(policy)->plan(make_problem(scenario, cost));
    check_plan(plan, cost.graph(), cost.platform(), scenario.source);
    check_constraints(plan, scenario);
    return plan;
  } catch (const InputError& error) {
    // Policies know no files; a person needs the one to mend.
    throw InputError(scenario.file, "", "", error.what());
  }
}

}  // namespace twinfer
