// Plans with replicas by hand; against enumeration: exact_planners_test.cpp.
#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

Plan throughput_plan(const Problem& problem) { return make_partition_policy("exact-throughput")->plan(problem); }

// Layers of 1, 6 and 1 s on every device, links without cost to speak of.
struct ThreeAlike {
  tiny::World world{tiny::dag({{{}, 4}, {{0}, 4, 10}, {{1}, 4, 60}, {{2}, 4, 10}}),
                    tiny::mesh({"a", "b", "c", "d"}, 1e12), std::vector<std::vector<double>>(4, {0, 1, 6, 1})};
  Problem problem = tiny::problem(world);
};

TEST_CASE_FIXTURE(ThreeAlike, "a stage that no cut makes shorter is replicated") {
  CHECK(throughput_plan(problem).bottleneck.si() == 6);
  problem.replicas = 2;
  // Two replicas do 1-2, 2 or 2-3 in at best 3 s.
  const Plan two = throughput_plan(problem);
  CHECK(two.stages == std::vector<Stage>{{0, 1, 1}, {{1, 2}, 2, 2}, {3, 3, 3}});
  CHECK(two.bottleneck.si() == 3);
  CHECK(two.bottleneck_at == "stage 2 on b");
  CHECK(two.why ==
        "stage 2 on b takes 3 s of every request; no cuts along the chain, with up to 2 replicas a stage, "
        "make that less.");
  REQUIRE(two.candidates.size() >= 2);
  CHECK(two.candidates[0].description == "a[1-1] {b,c}[2-2] d[3-3]");
  CHECK(two.candidates[1].cost.si() == 6);  // without replicas
  // All four do everything in 2 s; so do three of 1-2 and 7 / 3 s, or 2 and 8 / 3 s.
  problem.replicas = 4;
  CHECK(throughput_plan(problem).stages == std::vector<Stage>{{{0, 1, 2, 3}, 1, 3}});
  CHECK(throughput_plan(problem).bottleneck.si() == 2);
}

TEST_CASE_FIXTURE(ThreeAlike, "every replica keeps memory and constraints") {
  problem.replicas = 4;
  world.platform.devices[0].memory = Bytes(10);
  CHECK(throughput_plan(problem).stages == std::vector<Stage>{{0, 1, 1}, {{1, 2, 3}, 2, 3}});
  problem.constraints = {{2, 3, false}};
  CHECK(throughput_plan(problem).stages == std::vector<Stage>{{0, 1, 1}, {{1, 2}, 2, 2}, {3, 3, 3}});
  problem.constraints = {{2, 3, true}};
  CHECK(throughput_plan(problem).stages.back() == Stage(3, 2, 3));
  world.platform.devices[3].memory = Bytes(60);
  CHECK_THROWS_WITH_AS(
      throughput_plan(problem),
      "policy: `exact-throughput`: no plan along the chain has its routes, fits the memory and keeps the constraints",
      InputError);
}

TEST_CASE_FIXTURE(ThreeAlike, "policies that do not replicate plan as without") {
  for (const char* policy : {"local", "remote", "neurosurgeon", "lbc", "nsc", "das", "papdl", "exact-latency"}) {
    problem.replicas = 1;
    const Plan plan = make_partition_policy(policy)->plan(problem);
    problem.replicas = 4;
    CHECK(make_partition_policy(policy)->plan(problem).stages == plan.stages);
  }
}

TEST_CASE("a must of one device is broken by replicas on others, a mustnot by one on it") {
  const tiny::World world(tiny::chain({4, 4}), tiny::mesh({"a", "b"}, 1e12), {{0, 1}, {0, 1}});
  Scenario scenario = tiny::scenario(world);
  scenario.replicas = 2;
  CHECK(make_plan(scenario, world.cost, "exact-throughput").stages == std::vector<Stage>{{{0, 1}, 1, 1}});
  scenario.constraints = {{1, 1, true}};
  CHECK(make_plan(scenario, world.cost, "exact-throughput").stages == std::vector<Stage>{{1, 1, 1}});
  scenario.constraints = {{1, 1, false}};
  CHECK(make_plan(scenario, world.cost, "exact-throughput").stages == std::vector<Stage>{{0, 1, 1}});
}

TEST_CASE("more groups of replicas than can be weighed are refused with their number") {
  std::vector<std::string> names;
  for (int i = 0; i < 16; ++i) names.push_back("d" + std::to_string(i));
  const tiny::World world(tiny::chain(std::vector<double>(31, 4)), tiny::mesh(names, 1e12),
                          std::vector<std::vector<double>>(16, std::vector<double>(31, 1)));
  Problem problem = tiny::problem(world);
  problem.replicas = 8;
  // Up to 8 of 16: 39,202 groups.
  CHECK_THROWS_WITH_AS(throughput_plan(problem),
                       "replicas: `8`: 39202 groups of 16 devices and 30 layers make too many plans to weigh",
                       InputError);
  problem.replicas = 2;  // 30 layers on eight pairs: four on most
  CHECK(throughput_plan(problem).bottleneck.si() == 2);
}

}  // namespace
}  // namespace twinfer
