#include "cli/load_curve.h"

#include <fmt/format.h>

#include "core/scenario.h"
#include "sim/simulate.h"

namespace twinfer {

Sweep load_curve(const std::filesystem::path& scenario, const std::vector<std::string>& policies,
                 const std::vector<std::string>& loads, const std::string& unique) {
  const Scenario base = load_scenario(scenario, read_platform);
  const bool closed = base.arrivals.process == ArrivalProcess::kClosed;
  const std::string process = closed ? "poisson" : to_string(base.arrivals.process);
  Sweep sweep;
  sweep.file = scenario;
  sweep.scenario = scenario;
  sweep.name = base.name + "-loads-" + unique;
  SweepAxis& arrivals = sweep.axes.emplace_back(SweepAxis{"arrivals", {}});
  for (const std::string& load : loads) arrivals.values.push_back("{process: " + process + ", load: " + load + "}");
  if (closed) sweep.axes.push_back({"scheduling.pd_num", {"0"}});
  add_policy_axis(sweep, policies.empty() ? base.policies : policies);
  return sweep;
}

void name_by_load(Validation& validation) {
  validation.axes = {"arrivals.load"};
  for (ValidatedScenario& scenario : validation.scenarios) {
    scenario.point = {fmt::format("{:g}", *validation.pairs[scenario.pairs.front()].load)};
    scenario.label = "load " + scenario.point.front();
  }
}

}  // namespace twinfer
