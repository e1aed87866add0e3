// Executors that share cores, by hand.
#include <doctest/doctest.h>

#include "tests/support/simulated.h"
#include "tests/support/three_stages.h"

using namespace twinfer;
using tiny::kThree;
using tiny::nearly;
using tiny::stream;
using tiny::three_stages;

TEST_CASE("devices of one machine share its cores, those of the first of them") {
  // A stage of 1 s on each of three devices, which one machine of two cores plays. Request 2 is on
  // the first stage from 2 to 3 s if nobody else computes; then requests 0 and 1 are on the others,
  // and three share two cores: 1.5 s.
  tiny::World world = three_stages();
  for (Device& device : world.platform.devices) device.cores = device.name == "a" ? 2 : 64;
  const Scenario alone = stream(world, 3, 3);
  for (const StageRow& row : tiny::simulated(alone, kThree).stages) CHECK(row.compute_s == nearly(1));
  Scenario together = alone;
  for (Device& device : together.platform.devices) device.machine = "laptop";
  const RunRows rows = tiny::simulated(together, kThree);
  CHECK(rows.stages[0].compute_s == nearly(1));
  CHECK(rows.stages[3].compute_s == nearly(1));
  CHECK(rows.stages[2].compute_s == nearly(1.5));
  CHECK(rows.stages[4].compute_s == nearly(1.5));
  CHECK(rows.stages[6].compute_s == nearly(1.5));
  CHECK(rows.stages[8].compute_s == nearly(1));
}

TEST_CASE("cores that share something slow each other down, and three executors on two cores all the more") {
  // As above; two stages at a time take 1.5 s in place of 1, three 1.5 times 1.5.
  tiny::World world = three_stages();
  Scenario scenario = stream(world, 2, 2);
  for (Device& device : scenario.platform.devices) {
    device.cores = 2;
    device.machine = "laptop";
    device.contention = 1.5;
  }
  const RunRows two = tiny::simulated(scenario, kThree);
  CHECK(two.stages[0].compute_s == nearly(1));
  CHECK(two.stages[1].compute_s == nearly(1.5));
  CHECK(two.stages[3].compute_s == nearly(1.5));
  CHECK(two.stages[5].compute_s == nearly(1));
  CHECK(two.results[1].latency_s == nearly(5));
  scenario.requests = scenario.pd_num = 3;
  CHECK(tiny::simulated(scenario, kThree).stages[2].compute_s == nearly(2.25));
}

TEST_CASE("an executor's own threads are slowed down in its profile already") {
  tiny::World world = three_stages();
  Scenario scenario = stream(world, 1, 1);
  for (Device& device : scenario.platform.devices) {
    device.cores = 2;
    device.contention = 1.5;
  }
  scenario.threads = 2;
  CHECK(tiny::simulated(scenario, kThree).stages[0].compute_s == nearly(1));
}

TEST_CASE("messages take their part of every core of the machines at their ends") {
  // A stage of 1 s on a, which sends 100 B to b, on the wire for 10 s. They take 0.02 s of a core each, 1 s of both
  // of a's. The next request wants one of them meanwhile: each of the three gets two thirds, so that both last 1.5 s.
  tiny::World world(tiny::chain({1, 100, 1}), tiny::mesh({"a", "b"}, 10), {{0, 1, 0}, {0, 0, 0}});
  Scenario scenario = stream(world, 2, 2);
  scenario.platform.devices[0].cores = 2;
  const std::vector<Stage> stages{{0, 1, 1}, {1, 2, 2}};
  CHECK(tiny::simulated(scenario, stages).stages[2].compute_s == nearly(1));
  scenario.platform.devices[0].message_cores = 0.02;
  const RunRows rows = tiny::simulated(scenario, stages);
  CHECK(rows.stages[0].compute_s == nearly(1));
  CHECK(rows.stages[2].compute_s == nearly(1.5));
  CHECK(rows.stages[1].transfer_s == nearly(10));
  scenario.live.emulate = Emulation::kCompute;  // which takes its time whatever happens
  CHECK(tiny::simulated(scenario, stages).stages[2].compute_s == nearly(1));
}

TEST_CASE("beside messages all cores are busy, and slow each other down") {
  // As above on four cores that take twice as long together: of four that do the work of two, each of five jobs gets
  // 0.4. The messages' 0.5 s of each core last 1.25 s, and with them half of the job; the other one has a core.
  tiny::World world(tiny::chain({1, 100, 1}), tiny::mesh({"a", "b"}, 10), {{0, 1, 0}, {0, 0, 0}});
  Scenario scenario = stream(world, 2, 2);
  scenario.platform.devices[0].cores = 4;
  scenario.platform.devices[0].message_cores = 0.02;
  scenario.platform.devices[0].contention = 2;
  CHECK(tiny::simulated(scenario, {{0, 1, 1}, {1, 2, 2}}).stages[2].compute_s == nearly(1.75));
}

TEST_CASE("executors of one host contend only for cores that it does not have") {
  // Two stages of 0.25 + 0.75 s on one host of 4 cores. Two requests: while request 0 is on
  // the second stage, request 1 is on the first.
  tiny::World world(tiny::chain({1, 1, 1}), tiny::mesh({"a", "b"}, 1e12), {{0, 0.75, 0.75}, {0, 0.75, 0.75}}, {},
                    {.decode_s = 0.25});
  Scenario scenario = stream(world, 2, 2);
  const std::vector<Stage> both_on_a{{0, 1, 1}, {0, 2, 2}};
  for (const unsigned threads : {1U, 2U}) {
    scenario.threads = threads;
    CHECK(tiny::simulated(scenario, both_on_a).results[1].latency_s == nearly(3));
  }
  // Four threads each: 0-1 s alone, then both halves as fast for 2 s, then alone.
  scenario.threads = 4;
  const RunRows rows = tiny::simulated(scenario, both_on_a);
  CHECK(rows.results[0].latency_s == nearly(3));
  CHECK(rows.results[1].latency_s == nearly(4));
  CHECK(rows.stages[1].decode_s == nearly(0.5));  // slowed as computing is
  CHECK(rows.stages[1].compute_s == nearly(1.5));
}
