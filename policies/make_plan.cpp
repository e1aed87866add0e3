// From a scenario to a checked plan: the way in that both back ends use.

#include "core/error.h"
#include "policies/exit_policy.h"
#include "policies/partition_policy.h"

namespace twinfer {

Problem make_problem(const Scenario& scenario, const CostModel& cost) {
  return {.cost = cost,
          .source = scenario.source,
          .target = scenario.target,
          .chain = scenario.chain,
          .active_heads = make_exit_policy(scenario.exits)->active_heads(),
          .frames = scenario.requests};
}

Plan make_plan(const Scenario& scenario, const CostModel& cost, const std::string& policy) {
  try {
    Plan plan = make_partition_policy(policy)->plan(make_problem(scenario, cost));
    check_plan(plan, cost.graph(), cost.platform(), scenario.source);
    return plan;
  } catch (const InputError& error) {
    // Policies know no files; a person needs the one to mend.
    throw InputError(scenario.file, "", "", error.what());
  }
}

}  // namespace twinfer
