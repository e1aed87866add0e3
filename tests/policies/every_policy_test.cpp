// What holds of every partition policy on any world.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/random_world.h"

namespace twinfer {
namespace {

std::vector<std::string> policies(const LayerGraph& graph) {
  std::vector<std::string> names{"local", "remote",        "neurosurgeon",    "lbc", "nsc", "cascade", "dads", "das",
                                 "papdl", "exact-latency", "exact-throughput"};
  for (LayerId split = 0; split <= graph.last(); ++split) names.push_back("split:" + std::to_string(split));
  return names;
}

void check(const Plan& plan, const std::string& name, const tiny::World& world, const Problem& problem) {
  CAPTURE(name);
  REQUIRE_NOTHROW(check_plan(plan, world.graph, world.platform, problem.source));
  REQUIRE(plan.policy == name);
  const PlanCost cost = plan_cost(world.cost, plan.stages, problem.source, problem.active_heads);
  REQUIRE(plan.predicted_latency == cost.latency);
  REQUIRE(plan.bottleneck == cost.bottleneck);
  REQUIRE(plan.bottleneck_at == cost.bottleneck_at);
  REQUIRE_FALSE(plan.bottleneck_at.empty());
  REQUIRE_FALSE(plan.objective.empty());
  REQUIRE(plan.why.back() == '.');
}

void check_candidates(const Plan& plan, const tiny::World& world) {
  REQUIRE(std::ranges::is_sorted(plan.candidates, {}, &Candidate::cost));
  REQUIRE(std::ranges::count(plan.candidates, describe(plan.stages, world.platform), &Candidate::description) == 1);
}

TEST_CASE("every policy makes a complete plan that passes the check, on random graphs and platforms") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 150; ++round) {
    const std::size_t layers = tiny::draw(random, 1, 8);
    const tiny::World world = tiny::random_world(random, layers, tiny::draw(random, 2, 5));
    Problem problem = tiny::problem(world, tiny::draw(random, 1, 50));
    problem.source = tiny::draw(random, 0, world.platform.devices.size() - 1);
    for (const std::string& name : policies(world.graph)) {
      const Plan plan = make_partition_policy(name)->plan(problem);
      check(plan, name, world, problem);
      check_candidates(plan, world);
    }
  }
}

TEST_CASE("policies that weigh put their choice first") {
  std::mt19937_64 random(6);
  for (int round = 0; round < 100; ++round) {
    const tiny::World world = tiny::random_world(random, tiny::draw(random, 1, 8), 4);
    for (const std::string name :
         {"neurosurgeon", "lbc", "nsc", "cascade", "dads", "papdl", "exact-latency", "exact-throughput"}) {
      CAPTURE(name);
      const Plan plan = make_partition_policy(name)->plan(tiny::problem(world, 8));
      REQUIRE(plan.candidates.front().description == describe(plan.stages, world.platform));
    }
  }
}

TEST_CASE("the same problem gets the same plan twice") {
  std::mt19937_64 random(7);
  const tiny::World world = tiny::random_world(random, 8, 4);
  for (const std::string& name : policies(world.graph)) {
    const Plan once = make_partition_policy(name)->plan(tiny::problem(world, 8));
    const Plan again = make_partition_policy(name)->plan(tiny::problem(world, 8));
    CHECK(once.stages == again.stages);
    CHECK(once.why == again.why);
  }
}

}  // namespace
}  // namespace twinfer
