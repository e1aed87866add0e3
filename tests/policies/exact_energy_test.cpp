// The energy planner against plain enumeration on random DAGs.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/energy.h"
#include "tests/policies/hard_worlds.h"

namespace twinfer {
namespace {

// Whole watts, some of them none; links some of which state none.
void power_up(std::mt19937_64& random, Platform& platform) {
  for (Device& device : platform.devices) {
    const double idle = static_cast<double>(tiny::draw(random, 0, 4));
    const double epsilon = idle + static_cast<double>(tiny::draw(random, 0, 2));
    device.power =
        DevicePower{Watts(idle), Watts(epsilon), Watts(epsilon + 4 * static_cast<double>(tiny::draw(random, 0, 4)))};
  }
  for (Link& link : platform.links)
    if (tiny::draw(random, 0, 2) > 0)
      link.power = LinkPower{Watts(1), Watts(1 + static_cast<double>(tiny::draw(random, 0, 3)))};
}

bool keeps_constraint(const PlacementConstraint& constraint, const std::vector<Stage>& stages) {
  return std::ranges::all_of(stages, [&](const Stage& stage) {
    return !stage.holds(constraint.layer) || (stage.device == constraint.device) == constraint.must;
  });
}

struct Costs {
  double latency_s = 0;
  double energy_j = 0;
};

Costs costs_of(const Problem& problem, const std::vector<Stage>& stages) {
  return {cost_of(problem, stages).latency.si(),
          energy_of(problem.cost.platform(), usage_of(problem.cost, stages, problem.source, problem.active_heads),
                    problem.threads)
              .si()};
}

TEST_CASE("energy needs the least of all placements that keep the deadline, on random DAGs") {
  int refused = 0;
  int paid_for_time = 0;
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    RandomWorld at(static_cast<std::uint64_t>(seed));
    power_up(at.random, at.world.platform);
    at.problem.threads = static_cast<unsigned>(tiny::draw(at.random, 1, 2));
    if (tiny::draw(at.random, 0, 1) == 0)
      at.problem.constraints = {{tiny::draw(at.random, 1, at.world.graph.last()),
                                 tiny::draw(at.random, 0, at.world.platform.devices.size() - 1),
                                 tiny::draw(at.random, 0, 1) == 0}};
    std::vector<Costs> all;
    for_each_placement(at.problem, [&](const std::vector<Stage>& stages) {
      if (!feasible(at.problem, stages)) return;
      if (at.problem.constraints.empty() || keeps_constraint(at.problem.constraints[0], stages))
        all.push_back(costs_of(at.problem, stages));
    });
    // Often just what some placement takes; sometimes less than any does.
    const double deadline_s = all.empty() ? 1 : all[tiny::draw(at.random, 0, all.size() - 1)].latency_s;
    at.problem.deadline = Seconds(tiny::draw(at.random, 0, 3) == 0 ? deadline_s / 2 : deadline_s);
    double least_j = std::numeric_limits<double>::infinity();
    double unhurried_j = least_j;
    for (const Costs& costs : all) {
      unhurried_j = std::min(unhurried_j, costs.energy_j);
      if (costs.latency_s <= at.problem.deadline->si()) least_j = std::min(least_j, costs.energy_j);
    }
    const std::optional<Plan> plan = plan_by("energy", at.problem);
    REQUIRE(plan.has_value() == std::isfinite(least_j));
    if (!plan) ++refused;
    if (!plan) continue;
    if (least_j > unhurried_j) ++paid_for_time;
    REQUIRE(plan->predicted_latency <= *at.problem.deadline);
    REQUIRE(costs_of(at.problem, plan->stages).energy_j == doctest::Approx(least_j).epsilon(1e-12));
  }
  CHECK(refused > kWorlds / 50);
  CHECK(paid_for_time > kWorlds / 20);
}

}  // namespace
}  // namespace twinfer
