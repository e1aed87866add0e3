// The energy planner and the Pareto front against plain enumeration on random DAGs.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/energy.h"
#include "policies/pareto.h"
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
    return !stage.holds(constraint.layer) || stage.runs_on(constraint.device) == constraint.must;
  });
}

struct Costs {
  double latency_s = 0;
  double energy_j = 0;
  double bottleneck_s = 0;

  friend auto operator<=>(const Costs&, const Costs&) = default;
};

Costs costs_of(const Problem& problem, const std::vector<Stage>& stages) {
  const PlanCost cost = cost_of(problem, stages);
  const Usage usage = usage_of(problem.cost, stages, problem.source, problem.active_heads);
  return {cost.latency.si(), energy_of(problem.cost.platform(), usage, problem.threads).si(), cost.bottleneck.si()};
}

void constrain(RandomWorld& at) {
  if (tiny::draw(at.random, 0, 1) == 0)
    at.problem.constraints = {{tiny::draw(at.random, 1, at.world.graph.last()),
                               tiny::draw(at.random, 0, at.world.platform.devices.size() - 1),
                               tiny::draw(at.random, 0, 1) == 0}};
}

bool is_plan(const Problem& problem, const std::vector<Stage>& stages) {
  return feasible(problem, stages) && (problem.constraints.empty() || keeps_constraint(problem.constraints[0], stages));
}

TEST_CASE("energy needs the least of all placements that keep the deadline, on random DAGs") {
  int refused = 0;
  int paid_for_time = 0;
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    RandomWorld at(static_cast<std::uint64_t>(seed));
    power_up(at.random, at.world.platform);
    at.problem.threads = static_cast<unsigned>(tiny::draw(at.random, 1, 2));
    constrain(at);
    std::vector<Costs> all;
    for_each_placement(at.problem, [&](const std::vector<Stage>& stages) {
      if (is_plan(at.problem, stages)) all.push_back(costs_of(at.problem, stages));
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
    REQUIRE(plan->candidates.front().cost.si() == doctest::Approx(least_j).epsilon(1e-12));
    REQUIRE(std::ranges::count(plan->candidates, describe(plan->stages, at.world.platform), &Candidate::description) ==
            1);
  }
  CHECK(refused > kWorlds / 50);
  CHECK(paid_for_time > kWorlds / 20);
}

// Those that no other is at least as good as in all three, ascending, each once.
std::vector<Costs> not_beaten(std::vector<Costs> all) {
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<Costs> front;
  for (const Costs& costs : all)
    if (std::ranges::none_of(all, [&](const Costs& other) {
          return other != costs && other.latency_s <= costs.latency_s && other.energy_j <= costs.energy_j &&
                 other.bottleneck_s <= costs.bottleneck_s;
        }))
      front.push_back(costs);
  return front;
}

// Empty where it refuses; ascending.
std::vector<Costs> front_found(const Problem& problem, bool with_energy) {
  std::vector<Costs> found;
  try {
    const ParetoFront front = pareto_front(problem);
    REQUIRE(front.no_energy.empty() == with_energy);
    REQUIRE(std::ranges::is_sorted(front.plans, {}, &FrontPlan::latency));
    for (const FrontPlan& plan : front.plans) {
      REQUIRE(is_plan(problem, plan.stages));
      REQUIRE(plan.latency == cost_of(problem, plan.stages).latency);
      REQUIRE(plan.energy.has_value() == with_energy);
      found.push_back({plan.latency.si(), plan.energy.value_or(Joules(0)).si(), plan.bottleneck.si()});
    }
  } catch (const InputError&) {
  }
  std::ranges::sort(found);
  return found;
}

TEST_CASE("the Pareto front is that of all plans along the chain, on random DAGs") {
  int large = 0;
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    RandomWorld at(static_cast<std::uint64_t>(seed));
    power_up(at.random, at.world.platform);
    constrain(at);
    const bool with_energy = tiny::draw(at.random, 0, 3) > 0;
    std::vector<Costs> all;
    for (const std::vector<Stage>& stages : tiny::all_chain_layouts(at.world.graph, at.problem.chain)) {
      if (!is_plan(at.problem, stages)) continue;
      all.push_back(costs_of(at.problem, stages));
      if (!with_energy) all.back().energy_j = 0;
    }
    if (!with_energy) at.world.platform.devices[0].power.reset();
    const std::vector<Costs> expected = not_beaten(all);
    const std::vector<Costs> found = front_found(at.problem, with_energy);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      REQUIRE(found[i].latency_s == doctest::Approx(expected[i].latency_s).epsilon(1e-12));
      REQUIRE(found[i].energy_j == doctest::Approx(expected[i].energy_j).epsilon(1e-12));
      REQUIRE(found[i].bottleneck_s == doctest::Approx(expected[i].bottleneck_s).epsilon(1e-12));
    }
    if (found.size() >= 5) ++large;
  }
  CHECK(large > kWorlds / 20);
}

}  // namespace
}  // namespace twinfer
