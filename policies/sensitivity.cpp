#include "policies/sensitivity.h"

#include <cmath>
#include <functional>

#include "core/error.h"
#include "policies/partition_policy.h"

namespace twinfer {
namespace {

using Change = std::function<void(Scenario&, double factor)>;

// Nothing where the policy has no plan.
std::optional<std::vector<Stage>> plan_at(const Scenario& today, const Change& change, double factor,
                                          const std::string& policy) {
  Scenario scenario = today;
  change(scenario, factor);
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  try {
    return make_plan(scenario, cost, policy).stages;
  } catch (const InputError&) {
    return std::nullopt;
  }
}

// `step` is 2 or 1/2.
std::optional<Turn> nearest_turn(const Scenario& today, const Change& change, const Plan& plan, double step) {
  double same = 1;
  for (double factor = step; std::abs(std::log2(factor)) <= std::log2(kFarthestFactor); factor *= step) {
    std::optional<std::vector<Stage>> other = plan_at(today, change, factor, plan.policy);
    if (!other) return std::nullopt;
    if (*other == plan.stages) {
      same = factor;
      continue;
    }
    Turn turn{factor, std::move(*other)};
    while (std::abs(std::log(turn.factor / same)) > 0.01) {
      const double middle = std::sqrt(turn.factor * same);
      other = plan_at(today, change, middle, plan.policy);
      if (!other) return turn;
      if (*other == plan.stages)
        same = middle;
      else
        turn = {middle, std::move(*other)};
    }
    return turn;
  }
  return std::nullopt;
}

Sensitivity both_ways(const Scenario& today, const Change& change, const Plan& plan) {
  return {nearest_turn(today, change, plan, 0.5), nearest_turn(today, change, plan, 2)};
}

}  // namespace

Sensitivity bandwidth_sensitivity(const Scenario& scenario, const Plan& plan) {
  const Change scale_links = [](Scenario& changed, double factor) {
    for (Link& link : changed.platform.links) link.bandwidth *= factor;
  };
  return both_ways(scenario, scale_links, plan);
}

Sensitivity load_sensitivity(const Scenario& scenario, const Plan& plan) {
  const Change scale_rate = [](Scenario& changed, double factor) { changed.arrivals.rate_hz *= factor; };
  return both_ways(scenario, scale_rate, plan);
}

}  // namespace twinfer
