#include "cli/refit_question.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "core/bandwidth_trace.h"
#include "core/error.h"
#include "core/joined.h"
#include "core/run_refit.h"

namespace twinfer {

RefitQuestion::RefitQuestion(const PlannedScenario& planned, const std::string& policy) : planned_(planned) {
  const auto told = std::ranges::find(planned.plans, policy, &Plan::policy);
  if (told == planned.plans.end())
    throw InputError(planned.scenario.file, "--refit", policy,
                     "is none of the policies: " + joined(planned.plans, ", ", &Plan::policy));
  if (planned.plans.size() == 1)
    throw InputError(planned.scenario.file, "--refit", policy, "is the only policy: nothing is left to predict");
  if (!change_times(planned.scenario.platform).empty())
    throw InputError(planned.scenario.file, "--refit", policy,
                     "links of the platform change, so that a run tells no one bandwidth of them");
  told_ = &*told;
}

PlannedScenario RefitQuestion::refitted(const std::vector<StoredRun>& live) const {
  const auto told = std::ranges::find_if(
      live, [&](const StoredRun& run) { return run.info.policy == told_->policy && is_complete(run); });
  if (told == live.end()) throw std::runtime_error("no live run of " + told_->policy + " is complete to refit to");
  Refit refit = refit_run(planned_.scenario, *told_, {{told->rows}});
  Scenario scenario = planned_.scenario;
  scenario.platform = std::move(refit.platform);
  scenario.profiles = std::move(refit.profiles);
  scenario.name = fmt::format("{}, refitted to run {} ({})", scenario.name, told->info.id, told_->policy);
  std::vector<Plan> others;
  for (const Plan& plan : planned_.plans)
    if (plan.policy != told_->policy) others.push_back(plan);
  return {std::move(scenario), std::move(others)};
}

}  // namespace twinfer
