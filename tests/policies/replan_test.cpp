#include "policies/replan.h"

#include <doctest/doctest.h>

#include "policies/partition_policy.h"
#include "tests/support/tiny.h"

using namespace twinfer;

namespace {

// One layer of 2000 B of parameters, 3 s on the source and 1 s beside it: with 1256 B to send
// there and back, it pays from 628 B/s on.
Scenario one_layer(double bandwidth, const std::vector<std::pair<double, double>>& changes) {
  const LayerGraph graph = tiny::dag({{{}, 1000}, {{0}, 4, 2000}});
  Platform platform = tiny::mesh({"pi", "pc"}, bandwidth);
  for (const auto& [at, bytes_per_s] : changes)
    platform.links[0].changes.push_back({Seconds(at), BytesPerSecond(bytes_per_s)});
  Scenario scenario = tiny::scenario(graph, platform, tiny::profiles(graph, platform, {{0, 3}, {0, 1}}));
  scenario.replan = Replan{0.2};
  return scenario;
}

std::vector<PlanPhase> phases_of(const Scenario& scenario) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  return plan_phases(scenario, make_plan(scenario, cost, "exact-latency"));
}

DeviceId only_device(const PlanPhase& phase) { return phase.plan.stages.at(0).devices.at(0); }

}  // namespace

TEST_CASE("a drop leads to another plan, and what comes back to the first one") {
  const std::vector<PlanPhase> phases = phases_of(one_layer(1000, {{10, 100}, {20, 1000}}));
  REQUIRE(phases.size() == 3);
  CHECK(only_device(phases[0]) == 1);
  CHECK(only_device(phases[1]) == 0);
  CHECK(only_device(phases[2]) == 1);
  CHECK(phases[1].decided == Seconds(10));
  CHECK(phases[2].decided == Seconds(20));
}

TEST_CASE("parameters move once, and never to the source that has them") {
  const std::vector<PlanPhase> dropped = phases_of(one_layer(1000, {{10, 100}, {20, 1000}}));
  for (const PlanPhase& phase : dropped) CHECK(phase.moves.empty());  // the pc held the layer all the time

  const std::vector<PlanPhase> risen = phases_of(one_layer(100, {{10, 1000}, {20, 100}, {30, 1000}}));
  REQUIRE(risen.size() == 4);
  CHECK(risen[1].moves == std::vector<ParameterMove>{{1, Bytes(2000)}});
  CHECK(risen[2].moves.empty());
  CHECK(risen[3].moves.empty());
}

TEST_CASE("changes below the share are counted from the last decision on") {
  // 850 is 15 % below 1000, 720 is 28 %; then 600 is 17 % below 720.
  Scenario scenario = one_layer(1000, {{1, 850}, {2, 720}, {3, 600}});
  CHECK(phases_of(scenario).size() == 1);
  scenario.replan->on_bandwidth_change = 0.1;
  const std::vector<PlanPhase> phases = phases_of(scenario);
  REQUIRE(phases.size() == 2);
  CHECK(phases[1].decided == Seconds(3));
}

TEST_CASE("without replan there is one plan, whatever links do") {
  Scenario scenario = one_layer(1000, {{10, 100}});
  scenario.replan.reset();
  CHECK(phases_of(scenario).size() == 1);
}
