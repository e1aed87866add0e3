// Costs that depend on the rest before them, by hand.
#include <doctest/doctest.h>

#include "tests/support/simulated.h"
#include "tests/support/three_stages.h"

using namespace twinfer;
using tiny::nearly;
using tiny::stream;

TEST_CASE("a message takes more or less by how long its connection has rested") {
  // All on b: 100 B take 1 s on the wire and 0.5 s of latency, nothing is computed. 0.25 s less at once, 0.75 s more
  // after a rest of 4 s and of any longer.
  tiny::World world(tiny::chain({100, 1}), tiny::mesh({"a", "b"}, 100, 0.5), {{0, 0}, {0, 0}});
  Scenario scenario = stream(world, 3, 0);
  scenario.platform.devices[0].message_rests = {{Seconds(0), -0.25}, {Seconds(4), 0.75}};
  scenario.arrivals = {ArrivalProcess::kPeriodic, 1 / 4.25};
  const RunRows rows = tiny::simulated(scenario, {{1, 1, 1}});
  CHECK(rows.stages[0].transfer_s == nearly(1 + 0.5 + 0.75));   // nothing was before
  CHECK(rows.stages[1].transfer_s == nearly(1 + 0.5 + 0.25));   // 2 s after the first was there, halfway
  CHECK(rows.stages[2].transfer_s == nearly(1 + 0.5 + 0.375));  // 2.5 s
  scenario.live.emulate = Emulation::kCompute;                  // real messages all the same
  CHECK(tiny::simulated(scenario, {{1, 1, 1}}).stages[0].transfer_s == nearly(2.25));
  scenario.live.emulate = Emulation::kAll;
  for (const StageRow& row : tiny::simulated(scenario, {{1, 1, 1}}).stages) CHECK(row.transfer_s == nearly(1.5));
  // Results come from b, which states none.
  for (const ResultRow& row : rows.results) CHECK(row.result_return_s == nearly(2.56 + 0.5));
}

TEST_CASE("a message that follows one on its way finds a connection that has not rested") {
  tiny::World world(tiny::chain({100, 1}), tiny::mesh({"a", "b"}, 100, 0.5), {{0, 0}, {0, 0}});
  Scenario scenario = stream(world, 2, 2);
  scenario.platform.devices[0].message_rests = {{Seconds(0), -0.25}, {Seconds(4), 0.75}};
  const RunRows rows = tiny::simulated(scenario, {{1, 1, 1}});
  CHECK(rows.stages[0].transfer_s == nearly(2.25));
  // On the wire from 1 to 2 s, and there at 2.25: the connection keeps their order.
  CHECK(rows.stages[1].hop_start_s + rows.stages[1].transfer_s == nearly(2.25));
}

TEST_CASE("no message arrives before it was sent, and none overtakes another, without links too") {
  tiny::World world(tiny::chain({100, 1}), tiny::mesh({"a", "b"}, 100), {{0, 0}, {0, 0}});
  Scenario scenario = stream(world, 2, 2);
  scenario.platform.devices[0].message_rests = {{Seconds(0), -9}, {Seconds(4), 3}};
  const RunRows rows = tiny::simulated(scenario, {{0, 1, 1}});
  CHECK(rows.stages[0].transfer_s == nearly(3));
  CHECK(rows.stages[1].hop_start_s + rows.stages[1].transfer_s == nearly(3));
}
