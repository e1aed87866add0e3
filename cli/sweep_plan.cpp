#include "cli/sweep_plan.h"

#include <map>

#include "core/digest.h"
#include "core/error.h"
#include "policies/partition_policy.h"
#include "report/machine.h"

namespace twinfer {
namespace {

std::string key_of(const Sweep& sweep, const Scenario& scenario, ScenarioLoader& loader) {
  return sha256(loader.fingerprint(scenario) + to_string(sweep.mode) + (sweep.keep_rows ? " rows " : " ") +
                build_commit());
}

Scenario checked_scenario(const SweepPlan& plan, std::size_t run, ScenarioLoader& loader) {
  try {
    Scenario scenario = scenario_of(plan, run, loader);
    for (const std::string& policy : scenario.policies) static_cast<void>(make_partition_policy(policy));
    return scenario;
  } catch (const InputError& error) {
    throw InputError(plan.sweep.file, describe(plan.sweep, plan.runs[run]), "", error.what());
  }
}

}  // namespace

SweepPlan plan_sweep(const std::filesystem::path& file, ScenarioLoader& loader) {
  Sweep sweep = load_sweep(file);
  add_policy_axis(sweep, loader.load(sweep.scenario).policies);
  return plan_runs(std::move(sweep), loader);
}

SweepPlan plan_runs(Sweep sweep, ScenarioLoader& loader) {
  SweepPlan plan{std::move(sweep), {}, {}};
  plan.runs = runs_of(plan.sweep);
  std::map<std::string, std::size_t> seen;
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    plan.keys.push_back(key_of(plan.sweep, checked_scenario(plan, run, loader), loader));
    const auto [first, is_new] = seen.emplace(plan.keys.back(), run);
    if (!is_new)
      throw InputError(plan.sweep.file, describe(plan.sweep, plan.runs[run]), "",
                       "asks the same as " + describe(plan.sweep, plan.runs[first->second]));
  }
  return plan;
}

Scenario scenario_of(const SweepPlan& plan, std::size_t run, ScenarioLoader& loader) {
  Scenario scenario = loader.load(plan.sweep.scenario, changes_of(plan.sweep, plan.runs[run]));
  scenario.seed = replication_seed(scenario.seed, plan.runs[run].replication);
  return scenario;
}

}  // namespace twinfer
