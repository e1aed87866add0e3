// Links that change during a run, and plans that follow, by hand.
#include <doctest/doctest.h>

#include "policies/partition_policy.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

// One layer of `parameter_bytes`, 3 s on pi and 1 s on pc; an input of 1000 B; arrivals every 4 s.
Scenario one_layer(double bandwidth, double at, double then, double parameter_bytes = 0) {
  const LayerGraph graph = tiny::dag({{{}, 1000}, {{0}, 4, parameter_bytes}});
  Platform platform = tiny::mesh({"pi", "pc"}, bandwidth);
  platform.links[0].changes = {{Seconds(at), BytesPerSecond(then)}};
  Scenario scenario = tiny::scenario(graph, platform, tiny::profiles(graph, platform, {{0, 3}, {0, 1}}));
  scenario.arrivals = {ArrivalProcess::kPeriodic, 0.25};
  scenario.pd_num = 0;
  scenario.requests = 5;
  return scenario;
}

RunRows played(Scenario scenario) {
  const TemporaryFolder folder;
  scenario.platform = tiny::written(scenario.platform, folder / "platform.xml");
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  return tiny::simulated_on_file(scenario, make_plan(scenario, cost, "exact-latency"));
}

double latency_s(const RunRows& rows, std::size_t request) { return rows.results.at(request).latency_s; }

std::vector<std::string> devices(const RunRows& rows) {
  std::vector<std::string> names;
  for (const StageRow& row : rows.stages) names.push_back(row.device);
  return names;
}

}  // namespace

TEST_CASE("a transfer that a drop meets goes on at what is left") {
  Scenario scenario = one_layer(1000, 0.5, 10);
  scenario.requests = 1;
  // 500 B in 0.5 s, 500 B in 50 s, 1 s of computing, 256 B in 25.6 s.
  CHECK(latency_s(played(scenario), 0) == doctest::Approx(0.5 + 50 + 1 + 25.6));
}

TEST_CASE("without replan, requests keep their plan through a drop") {
  const RunRows rows = played(one_layer(1000, 8.5, 500));
  CHECK(devices(rows) == std::vector<std::string>(5, "pc"));
  CHECK(latency_s(rows, 4) == doctest::Approx(2 + 1 + 0.512));
}

TEST_CASE("after a drop requests set out by another plan, and those on their way come back by the old one") {
  Scenario scenario = one_layer(1000, 8.5, 100);
  scenario.replan = Replan{0.2, Seconds(0.5)};
  const RunRows rows = played(scenario);
  CHECK(devices(rows) == std::vector<std::string>{"pc", "pc", "pc", "pi", "pi"});
  CHECK(latency_s(rows, 0) == doctest::Approx(1 + 1 + 0.256));
  CHECK(latency_s(rows, 2) == doctest::Approx(0.5 + 5 + 1 + 2.56));  // half of it went at 1000 B/s
  CHECK(latency_s(rows, 3) == doctest::Approx(3));
  for (const ResultRow& row : rows.results) CHECK(row.status == Status::kOk);
}

TEST_CASE("a plan is in force once its deciding and its parameters are through") {
  // The arrival at 12 s comes after 8.5 + 0.5 + 2000 / 1000 s, but before 8.5 + 0.5 + 4 s.
  Scenario scenario = one_layer(100, 8.5, 1000, 2000);
  scenario.replan = Replan{0.2, Seconds(0.5)};
  CHECK(devices(played(scenario)) == std::vector<std::string>{"pi", "pi", "pi", "pc", "pc"});
  scenario = one_layer(100, 8.5, 1000, 4000);
  scenario.replan = Replan{0.2, Seconds(0.5)};
  CHECK(devices(played(scenario)) == std::vector<std::string>{"pi", "pi", "pi", "pi", "pc"});
  scenario.replan->planning = Seconds(8);  // 16.5 s is after the last arrival
  CHECK(devices(played(scenario)) == std::vector<std::string>(5, "pi"));
}
