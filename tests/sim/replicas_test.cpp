// Stages with replicas in the simulator, by hand and against the cost model.
#include <algorithm>
#include <numeric>
#include <random>

#include <doctest/doctest.h>

#include "tests/support/random_world.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

Scenario stream(const tiny::World& world, std::uint64_t requests) {
  Scenario scenario = tiny::scenario(world);
  scenario.requests = scenario.pd_num = requests;
  return scenario;
}

double end_of_last_s(const RunRows& rows) {
  double end_s = 0;
  for (const ResultRow& row : rows.results) end_s = std::max(end_s, row.arrival_s + row.latency_s);
  return end_s;
}

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-9); }
// Where links have a cost that is not worth writing down.
doctest::Approx nearly(double value) { return doctest::Approx(value).epsilon(1e-6); }

// Up to three stages of up to three replicas on seven devices, some of them twice.
std::vector<Stage> random_stages(std::mt19937_64& random, const tiny::World& world) {
  std::vector<Stage> stages;
  for (LayerId first = 1; first <= world.graph.last();) {
    const LayerId last = stages.size() == 2 ? world.graph.last() : tiny::draw(random, first, world.graph.last());
    std::vector<DeviceId> devices;
    for (DeviceId device = 0; device < world.platform.devices.size(); ++device) devices.push_back(device);
    for (std::size_t i = devices.size(); i > 1; --i) std::swap(devices[i - 1], devices[tiny::draw(random, 0, i - 1)]);
    devices.resize(tiny::draw(random, 1, 3));
    stages.push_back({devices, first, last});
    first = last + 1;
  }
  return stages;
}

// The number of requests after which all turns begin anew.
std::uint64_t round_of(const std::vector<Stage>& stages) {
  std::uint64_t round = 1;
  for (const Stage& stage : stages) round = std::lcm(round, stage.devices.size());
  return round;
}

}  // namespace

TEST_CASE("two equal replicas double the throughput of a stage that computes for long") {
  // 1 s a request and links without cost: ten requests are back after 10 s, or after 5 s.
  const tiny::World world(tiny::chain({1, 1}), tiny::mesh({"s", "x", "y"}, 1e12), {{0, 9}, {0, 1}, {0, 1}});
  CHECK(end_of_last_s(tiny::simulated(stream(world, 10), {{1, 1, 1}})) == nearly(10));
  const RunRows rows = tiny::simulated(stream(world, 10), {{{1, 2}, 1, 1}});
  CHECK(end_of_last_s(rows) == nearly(5));
  REQUIRE(rows.stages.size() == 10);
  for (const StageRow& row : rows.stages) {
    CHECK(row.device == (row.request % 2 == 0 ? "x" : "y"));
    CHECK(row.compute_start_s == nearly(static_cast<double>(row.request / 2)));
  }
}

TEST_CASE("a shared uplink bounds what replicas behind it can do") {
  // x and y share a link of 100 B/s. The 100 B of each of ten requests take 1 s
  // of it, however many replicas wait at its end; the last one computes for 1/4 s,
  // and its result needs 256e-12 s.
  tiny::World world(tiny::chain({100, 4}), tiny::mesh({"s", "x", "y"}, 1e12), {{0, 9}, {0, 0.25}, {0, 0.25}});
  world.platform.links.push_back({"uplink", BytesPerSecond(100), Seconds(0)});
  world.platform.routes[{0, 1}].push_back(3);
  world.platform.routes[{0, 2}].push_back(3);
  const std::vector<Stage> stages{{{1, 2}, 1, 1}};
  const PlanCost cost = plan_cost(world.cost, stages, 0, {});
  CHECK(cost.bottleneck.si() == 1);
  CHECK(cost.bottleneck_at == "link uplink of hop 1");
  CHECK(end_of_last_s(tiny::simulated(stream(world, 10), stages, "SHARED")) == nearly(10.25));
}

TEST_CASE("every two replicas have a connection of their own, first in, first out") {
  // Request 0 goes to x, 1 to y, both on their way from the start for 1 s; request 2
  // waits for the connection to x. Results (256 B) need 1 s on the way back, too.
  const tiny::World world(tiny::chain({256, 4}), tiny::mesh({"s", "x", "y"}, 256), {{0, 9}, {0, 0}, {0, 0}});
  const RunRows rows = tiny::simulated(stream(world, 3), {{{1, 2}, 1, 1}});
  CHECK(rows.stages[0].hop_wait_s == about(0));
  CHECK(rows.stages[1].hop_wait_s == about(0));
  CHECK(rows.stages[2].hop_wait_s == about(1));
  CHECK(rows.results[1].result_wait_s == about(0));
  CHECK(rows.results[2].latency_s == about(3));
}

TEST_CASE("a request leaves at the replica that took it up") {
  // Exits on both stages, sample s leaves at exit s mod 2; layers of 1 s.
  tiny::World world(tiny::chain({1, 1, 1, 1}, {1, 2}), tiny::mesh({"a", "b", "c", "d"}, 1e12),
                    std::vector<std::vector<double>>(4, {0, 1, 1, 1}));
  Scenario scenario = stream(world, 12);
  scenario.pd_num = 1;
  scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.5}, {1, 0.5}}};
  scenario.trace = tiny::trace(world.graph, {{0.9, 0.9, 0.9}, {0.1, 0.9, 0.9}});
  const RunRows rows = tiny::simulated(scenario, {{{0, 1}, 1, 1}, {{1, 2, 3}, 2, 3}});
  REQUIRE(rows.results.size() == 12);
  std::size_t stage_rows = 0;
  for (const ResultRow& row : rows.results) {
    CHECK(row.status == Status::kExited);
    CHECK(row.exit == row.sample % 2);
    CHECK(row.latency_s == nearly(1 + static_cast<double>(row.sample % 2)));
    stage_rows += 1 + row.sample % 2;
  }
  REQUIRE(rows.stages.size() == stage_rows);
  const std::vector<std::string> first{"a", "b"};
  const std::vector<std::string> second{"b", "c", "d"};
  for (const StageRow& row : rows.stages) CHECK(row.device == serving(row.stage == 0 ? first : second, row.request));
}

TEST_CASE("requests alone take on average what the cost model says, on random plans with replicas") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const tiny::World world = tiny::random_world(random, tiny::draw(random, 2, 8), 7);
    const std::vector<Stage> stages = random_stages(random, world);
    Scenario scenario = stream(world, round_of(stages));
    scenario.pd_num = 1;
    const RunRows rows = tiny::simulated(scenario, stages, "SHARED");

    const PlanCost cost = plan_cost(world.cost, stages, 0, {});
    double sum_s = 0;
    for (const ResultRow& row : rows.results) {
      REQUIRE(row.status == Status::kOk);
      sum_s += row.latency_s;
    }
    REQUIRE(sum_s / static_cast<double>(rows.results.size()) == about(cost.latency.si()));
    REQUIRE(rows.stages.size() == rows.results.size() * stages.size());
    for (const StageRow& row : rows.stages) {
      const DeviceId device = serving(stages[row.stage].devices, row.request);
      REQUIRE(row.device == world.platform.devices[device].name);
    }
  }
}

TEST_CASE("a long stream runs at the rate of the busiest resource, on random plans with replicas") {
  // Every two devices have a link of their own, so no link is the bottleneck.
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const tiny::World world = tiny::random_world(random, tiny::draw(random, 2, 8), 7);
    const std::vector<Stage> stages = random_stages(random, world);
    const std::uint64_t requests = 60 * round_of(stages);
    const RunRows rows = tiny::simulated(stream(world, requests), stages);

    const double least_s = static_cast<double>(requests) * plan_cost(world.cost, stages, 0, {}).bottleneck.si();
    REQUIRE(end_of_last_s(rows) >= least_s * (1 - 1e-9));
    REQUIRE(end_of_last_s(rows) <= least_s * 1.15);
  }
}
