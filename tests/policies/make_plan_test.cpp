// The registry of partition policies, and the way from a scenario to a plan.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "policies/partition_policy.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

TEST_CASE("an unknown policy is refused with the known ones") {
  CHECK_THROWS_WITH_AS(
      make_partition_policy("magic"),
      "policy: `magic`: unknown; known: split:K, local, remote, neurosurgeon, lbc, nsc, cascade, dads, das, "
      "papdl, exact-latency, exact-throughput, joint, energy, exhaustive",
      InputError);
  CHECK_THROWS_WITH_AS(
      make_partition_policy(""),
      "policy: `(empty)`: unknown; known: split:K, local, remote, neurosurgeon, lbc, nsc, cascade, dads, das, "
      "papdl, exact-latency, exact-throughput, joint, energy, exhaustive",
      InputError);
  CHECK_THROWS_AS(make_partition_policy("Local"), InputError);
  CHECK_THROWS_AS(make_partition_policy("split"), InputError);
}

TEST_CASE("a split that is no layer number is refused") {
  for (const std::string name : {"split:", "split:x", "split:-1", "split:1.5", "split:2 ", "split: 2", "split:2,3",
                                 "split:99999999999999999999"})
    CHECK_THROWS_WITH_AS(make_partition_policy(name),
                         ("policy: `" + name + "`: must be split:K with K a layer number, 0 for all remote").c_str(),
                         InputError);
}

struct TwoDevices {
  const tiny::World world{
      tiny::chain({256, 256, 256, 4}, {1, 2}), tiny::mesh({"pi", "pc"}, 256), {{0, 1, 1, 1}, {0, 1, 1, 1}}};
  Scenario scenario = tiny::scenario(world);
};

TEST_CASE_FIXTURE(TwoDevices, "a problem takes devices, active heads and stream length from its scenario") {
  scenario.source = 1;
  scenario.target = 0;
  scenario.chain = {1, 0};
  scenario.requests = 77;
  scenario.exits = {ExitRule::kMaxSoftmax, {{1, 0.5}}};
  const Problem problem = make_problem(scenario, world.cost);
  CHECK(&problem.cost == &world.cost);
  CHECK(problem.source == 1);
  CHECK(problem.target == 0);
  CHECK(problem.chain == std::vector<DeviceId>{1, 0});
  CHECK(problem.active_heads == std::vector<ExitId>{1});
  CHECK(problem.frames == 77);
}

TEST_CASE_FIXTURE(TwoDevices, "a plan bears the name that the scenario uses") {
  for (const std::string name : {"local", "remote", "split:2", "neurosurgeon", "lbc", "nsc", "cascade"})
    CHECK(make_plan(scenario, world.cost, name).policy == name);
}

TEST_CASE_FIXTURE(TwoDevices, "exits change the plan of a cascade and of no local plan's stages") {
  scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.5}}};
  CHECK(make_plan(scenario, world.cost, "cascade").stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}});
  CHECK(make_plan(scenario, world.cost, "local").stages == std::vector<Stage>{{0, 1, 3}});
}

TEST_CASE_FIXTURE(TwoDevices, "bad input of a policy names the scenario's file") {
  CHECK_THROWS_WITH_AS(make_plan(scenario, world.cost, "split:9"),
                       "tiny.yaml: policy: `split:9`: tiny can be split after layers 0 to 3", InputError);
  CHECK_THROWS_WITH_AS(
      make_plan(scenario, world.cost, "magic"),
      "tiny.yaml: policy: `magic`: unknown; known: split:K, local, remote, neurosurgeon, lbc, nsc, cascade, dads, das, "
      "papdl, exact-latency, exact-throughput, joint, energy, exhaustive",
      InputError);
}

}  // namespace
}  // namespace twinfer
