// What the simulator writes down, by hand.
#include <doctest/doctest.h>

#include "tests/support/simulated.h"
#include "tests/support/three_stages.h"

using namespace twinfer;
using tiny::kThree;
using tiny::nearly;
using tiny::stream;
using tiny::three_stages;

namespace {

// Two devices, 100 B/s and 0.5 s apart. Layers: 2 s and 3 s on pi, 0.2 s and
// 0.3 s on pc. The input is 100 B, the tensor between the layers 40 B. A result
// (256 B) takes 0.5 + 2.56 = 3.06 s from pc.
tiny::World two_devices(const tiny::Codec& codec = {}) {
  return {tiny::chain({100, 40, 8}), tiny::mesh({"pi", "pc"}, 100, 0.5), {{0, 2, 3}, {0, 0.2, 0.3}}, {}, codec};
}

const std::vector<Stage> kSplit{{0, 1, 1}, {1, 2, 2}};

double sum_of_parts(const RunRows& rows, const ResultRow& result) {
  double sum_s = result.admission_s + result.result_wait_s + result.result_return_s;
  for (const StageRow& row : rows.stages)
    if (row.request == result.request)
      sum_s += row.hop_wait_s + row.encode_s + row.transfer_s + row.queue_s + row.decode_s + row.compute_s;
  return sum_s;
}

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-9); }

}  // namespace

TEST_CASE("every part of a request's time lands in its own column") {
  const RunRows rows = tiny::simulated(tiny::scenario(two_devices({0.1, 0.05, 0.02})), kSplit);

  // hop 0, on the source itself: 0.1 + 0.02        stage 0: 0.05 + 2
  // hop 1: 0.1 + 0.02 + 0.5 + 40 / 100             stage 1: 0.05 + 0.3
  // result: 0.02 + 3.06
  REQUIRE(rows.stages.size() == 2);
  const StageRow& first = rows.stages[0];
  CHECK(first.device == "pi");
  CHECK(first.hop_start_s == 0);
  CHECK(first.encode_s == about(0.1));
  CHECK(first.transfer_s == about(0.02));
  CHECK(first.hop_bytes == 100);
  CHECK(first.compute_start_s == about(0.12));
  CHECK(first.decode_s == about(0.05));
  CHECK(first.compute_s == about(2));
  const StageRow& second = rows.stages[1];
  CHECK(second.device == "pc");
  CHECK(second.hop_start_s == about(2.17));
  CHECK(second.transfer_s == about(0.92));
  CHECK(second.hop_bytes == 40);
  CHECK(second.compute_s == about(0.3));
  CHECK(rows.results[0].result_return_s == about(3.08));
  CHECK(rows.results[0].latency_s == about(0.12 + 2.05 + 1.02 + 0.35 + 3.08));
  CHECK(rows.results[0].status == Status::kOk);
}

TEST_CASE("bytes sent count what crosses between devices, the result included") {
  // Split: 40 B over the hop, 256 B back. All on the source: nothing. All on pc: 100 + 256.
  const Scenario scenario = tiny::scenario(two_devices());
  CHECK(tiny::simulated(scenario, kSplit).results[0].bytes_sent == 296);
  CHECK(tiny::simulated(scenario, {{0, 1, 2}}).results[0].bytes_sent == 0);
  CHECK(tiny::simulated(scenario, {{1, 1, 2}}).results[0].bytes_sent == 356);
}

TEST_CASE("the parts of every row add up to its latency, whatever contends") {
  Scenario scenario = stream(two_devices({0.1, 0.05, 0.02}), 20, 6);
  scenario.arrivals = {ArrivalProcess::kPoisson, 0.4};
  const RunRows rows = tiny::simulated(scenario, kSplit, "SHARED");
  REQUIRE(rows.results.size() == 20);
  for (const ResultRow& row : rows.results) CHECK(sum_of_parts(rows, row) == about(row.latency_s));
}

TEST_CASE("a hand-off delays a message, on one device too, and holds nothing") {
  // 0.25 s between the receiver's threads: in the transfer of either hop; the result has none.
  const RunRows rows = tiny::simulated(tiny::scenario(two_devices({0.1, 0, 0.02, 0.25})), kSplit);
  CHECK(rows.stages[0].transfer_s == about(0.02 + 0.25));
  CHECK(rows.stages[0].compute_start_s == about(0.1 + 0.02 + 0.25));
  CHECK(rows.stages[1].transfer_s == about(0.02 + 0.4 + 0.5 + 0.25));
  CHECK(rows.results[0].result_return_s == about(0.02 + 2.56 + 0.5));
  // The second of two messages to pi itself is prepared while the first is handed over.
  const RunRows two = tiny::simulated(stream(two_devices({0.1, 0, 0.02, 0.25}), 2, 2), kSplit);
  CHECK(two.stages[2].hop_start_s == about(0.12));
}

TEST_CASE("a connection carries one message at a time, first in, first out") {
  // Both requests are computed by 2 s and 4 s; hop 1 takes 0.9 s, stage 1 0.3 s.
  // The result takes 2.56 + 0.5 s: the first from 3.2 to 6.26; the second, ready at
  // 5.2, waits 0.56 s until the first has left, and is back at 5.76 + 3.06.
  const RunRows rows = tiny::simulated(stream(two_devices(), 2, 2), kSplit);
  CHECK(rows.stages[2].queue_s == about(2));
  CHECK(rows.stages[3].hop_wait_s == about(0));
  CHECK(rows.results[0].latency_s == about(6.26));
  CHECK(rows.results[1].result_wait_s == about(0.56));
  CHECK(rows.results[1].latency_s == about(8.82));

  // All on pc: the hop takes 1 + 0.5 s, and the second message waits for the 1 s.
  const RunRows remote = tiny::simulated(stream(two_devices(), 2, 2), {{1, 1, 2}});
  CHECK(remote.stages[1].hop_wait_s == about(1));
  CHECK(remote.stages[1].hop_start_s == about(1));
}

TEST_CASE("a message is prepared while the one before it is on the wire") {
  // All on pc, 0.25 s of codec and overhead, 1 s on the wire: prepared at 0.25 and 0.5, on
  // the wire until 1.25 and 2.25. The second is taken up when it can be on the wire at once.
  const RunRows short_of_wire = tiny::simulated(stream(two_devices({0.2, 0, 0.05}), 2, 2), {{1, 1, 2}});
  CHECK(short_of_wire.stages[1].hop_start_s == about(1));
  CHECK(short_of_wire.stages[1].hop_wait_s == about(1));
  CHECK(short_of_wire.stages[1].transfer_s == about(0.05 + 1 + 0.5));

  // 2.5 s of them: prepared at 2.5 and 5, the wire idle in between.
  const RunRows short_of_sender = tiny::simulated(stream(two_devices({2, 0, 0.5}), 2, 2), {{1, 1, 2}});
  CHECK(short_of_sender.stages[1].hop_start_s == about(2.5));
  CHECK(short_of_sender.stages[1].hop_wait_s == about(2.5));
  CHECK(short_of_sender.results[1].latency_s >= 5 + 1.5);
}

TEST_CASE("computing overlaps sending and receiving") {
  // Three stages of 1 s without transfers: ten requests leave after 3, 4, ... 12 s.
  const RunRows rows = tiny::simulated(stream(three_stages(), 10, 10), kThree);
  for (const ResultRow& row : rows.results) CHECK(row.latency_s == nearly(3 + static_cast<double>(row.request)));
}

TEST_CASE("the admission window holds requests of an open loop back, and closes the others") {
  // One stage of 5 s on the source; arrivals at 0, 1, 2 s; one in flight.
  Scenario scenario = stream(two_devices(), 3, 1);
  scenario.arrivals = {ArrivalProcess::kPeriodic, 1};
  const RunRows open = tiny::simulated(scenario, {{0, 1, 2}});
  CHECK(open.results[1].arrival_s == 1);
  CHECK(open.results[1].admission_s == about(4));
  CHECK(open.results[1].latency_s == about(9));
  CHECK(open.results[2].admission_s == about(8));

  // Closed: the next request arrives when the window opens.
  scenario.arrivals = {};
  const RunRows closed = tiny::simulated(scenario, {{0, 1, 2}});
  CHECK(closed.results[2].arrival_s == about(10));
  CHECK(closed.results[2].admission_s == 0);
  CHECK(closed.results[2].latency_s == about(5));
}

TEST_CASE("a window of two keeps two stages busy, and a third idle in turn") {
  // Requests 0 and 1 at 0 s, back at 3 and 4 s; 2 and 3 enter then, and so on.
  const RunRows rows = tiny::simulated(stream(three_stages(), 6, 2), kThree);
  const std::vector<double> arrivals_s{0, 0, 3, 4, 6, 7};
  for (const ResultRow& row : rows.results) {
    CHECK(row.arrival_s == nearly(arrivals_s[row.request]));
    CHECK(row.latency_s == nearly(row.request == 1 ? 4 : 3));
  }
}

TEST_CASE("a request leaves where the trace says, and later stages are free for others") {
  // Sample 0 leaves at the first head, sample 1 at the second, sample 2 never.
  tiny::World world = three_stages();
  Scenario scenario = stream(world, 30, 30);
  scenario.trace = tiny::trace(world.graph, {{0.9, 0.9, 1}, {0.5, 0.9, 1}, {0.5, 0.5, 1}});
  scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.8}, {1, 0.8}}};
  const RunRows rows = tiny::simulated(scenario, kThree);

  std::vector<std::size_t> stages_run(30);
  for (const StageRow& row : rows.stages) ++stages_run[row.request];
  double third_stage_s = 0;
  for (const StageRow& row : rows.stages)
    if (row.stage == 2) third_stage_s += row.compute_s;
  std::size_t stayed = 0;
  for (const ResultRow& row : rows.results) {
    CHECK(row.exit == row.sample);  // by the choice of thresholds
    CHECK(row.status == (row.sample == 2 ? Status::kOk : Status::kExited));
    CHECK(row.correct == true);
    CHECK(row.predicted == 0);
    CHECK(stages_run[row.request] == row.sample + 1);
    stayed += row.sample == 2 ? 1 : 0;
  }
  REQUIRE(stayed > 0);
  REQUIRE(stayed < 30);
  CHECK(third_stage_s == nearly(static_cast<double>(stayed)));
}

TEST_CASE("thresholds that a plan brings stand in for the scenario's") {
  const TemporaryFolder folder;
  const tiny::World world = three_stages();
  Scenario scenario = tiny::scenario(world);
  scenario.platform = tiny::written(scenario.platform, folder / "platform.xml");
  scenario.trace = tiny::trace(world.graph, {{0.9, 0.9, 1}});
  scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.8}}};
  Plan plan = tiny::plan_of(kThree);
  CHECK(tiny::simulated_on_file(scenario, plan).results[0].exit == 0);
  plan.exits = ExitSettings{ExitRule::kMaxSoftmax, {{1, 0.8}}};
  CHECK(tiny::simulated_on_file(scenario, plan).results[0].exit == 1);
}

TEST_CASE("heads cost time on the stage that holds them, up to the one that lets the request leave") {
  // One stage on one device: layers of 1 s, heads of 0.25 and 0.5 s.
  const tiny::World world(tiny::chain({1, 1, 1, 1}, {1, 2}), tiny::mesh({"a", "b"}, 1e12), {{0, 1, 1, 1}, {0, 1, 1, 1}},
                          {{0.25, 0.5}, {0.25, 0.5}});
  Scenario scenario = tiny::scenario(world);
  scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.8}, {1, 0.8}}};
  const auto compute_s = [&scenario, &world](const std::vector<double>& confidence) {
    scenario.trace = tiny::trace(world.graph, {confidence});
    return tiny::simulated(scenario, {{0, 1, 3}}).stages[0].compute_s;
  };
  CHECK(compute_s({0.8, 0, 1}) == about(1.25));  // at the threshold: leaves
  CHECK(compute_s({0.7, 0.9, 1}) == about(2.75));
  CHECK(compute_s({0.7, 0.7, 1}) == about(3.75));
  scenario.exits = {};
  CHECK(compute_s({0.9, 0.9, 1}) == about(3));
}

TEST_CASE("the class and its truth come from the exit that was taken") {
  const tiny::World world = three_stages();
  Scenario scenario = tiny::scenario(world);
  scenario.trace = tiny::trace(world.graph, {{0.9, 0.9, 1}});
  scenario.trace->samples[0].true_class = 7;
  scenario.trace->samples[0].exits[1].predicted = 7;
  const ResultRow last = tiny::simulated(scenario, kThree).results[0];
  CHECK(last.exit == 2);  // no head is active
  CHECK(last.correct == false);
  scenario.exits = {ExitRule::kMaxSoftmax, {{1, 0.8}}};
  const ResultRow second = tiny::simulated(scenario, kThree).results[0];
  CHECK(second.exit == 1);
  CHECK(second.predicted == 7);
  CHECK(second.correct == true);
}

TEST_CASE("without a trace nobody knows the class, and no head may be active") {
  Scenario scenario = tiny::scenario(three_stages());
  const ResultRow row = tiny::simulated(scenario, kThree).results[0];
  CHECK(row.exit == 2);
  CHECK_FALSE(row.predicted.has_value());
  CHECK_FALSE(row.correct.has_value());

  scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.8}}};
  CHECK_THROWS_WITH_AS(tiny::simulated(scenario, kThree),
                       "tiny.yaml: exits: the model tiny has no recorded exits to replay", InputError);
}

TEST_CASE("a request over its deadline is missed, and one that just makes it is not") {
  // Latencies 5 and 10 s.
  Scenario scenario = stream(two_devices(), 2, 2);
  scenario.deadline = Seconds(9.9);
  const RunRows rows = tiny::simulated(scenario, {{0, 1, 2}});
  CHECK(rows.results[0].status == Status::kOk);
  CHECK(rows.results[1].status == Status::kMissed);
  CHECK(rows.results[1].exit == 0);  // it did come back
  scenario.deadline = Seconds(10);
  CHECK(tiny::simulated(scenario, {{0, 1, 2}}).results[1].status == Status::kOk);
}

TEST_CASE("a request that the trace cannot answer fails alone, with the reason") {
  const tiny::World world = three_stages();
  Scenario scenario = stream(world, 8, 1);
  scenario.trace = tiny::trace(world.graph, {{0.9, 0.9, 1}, {0.9, 0.9}});
  const RunRows rows = tiny::simulated(scenario, kThree);
  REQUIRE(rows.results.size() == 8);
  std::size_t failed = 0;
  for (const ResultRow& row : rows.results) {
    CHECK(row.status == (row.sample == 1 ? Status::kFailed : Status::kOk));
    if (row.sample == 0) continue;
    ++failed;
    CHECK(row.error == "the exit trace has 2 exits for sample 1, the network 3");
    CHECK_FALSE(row.exit.has_value());
  }
  CHECK(failed > 0);
  CHECK(failed < 8);
  CHECK(rows.stages.size() == 3 * (8 - failed));
}

TEST_CASE("a tensor that a later stage reads is relayed with the cut") {
  // l3 reads l1 and l2. Cuts: after l1 {l1} = 40 B; after l2 {l1, l2} = 40 + 30 B.
  const tiny::World world(tiny::dag({{{}, 100}, {{0}, 40}, {{1}, 30}, {{1, 2}, 8}}), tiny::mesh({"a", "b", "c"}, 100),
                          {{0, 1, 1, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}});
  const RunRows rows = tiny::simulated(tiny::scenario(world), kThree);
  CHECK(rows.stages[1].hop_bytes == 40);
  CHECK(rows.stages[1].transfer_s == about(0.4));
  CHECK(rows.stages[2].hop_bytes == 70);
  CHECK(rows.stages[2].transfer_s == about(0.7));
  CHECK(rows.results[0].bytes_sent == 40 + 70 + 256);
}

TEST_CASE("flows that meet on a link share it") {
  // a and b are joined by one link of 100 B/s; everything runs on b, computing
  // takes no time. Request 0: hop alone, 0 to 1 s; its result (256 B) starts at
  // 1 s, as does request 1's input (100 B). At 50 B/s each the input is there at
  // 3 s; until then the result has sent 100 B, and the last 156 B go alone: 4.56 s.
  const tiny::World world(tiny::chain({100, 8}), tiny::mesh({"a", "b"}, 100), {{0, 0}, {0, 0}});
  const RunRows rows = tiny::simulated(stream(world, 2, 2), {{1, 1, 1}}, "SHARED");
  CHECK(rows.stages[1].hop_start_s == about(1));
  CHECK(rows.stages[1].transfer_s == about(2));
  CHECK(rows.results[0].latency_s == about(4.56));
}

TEST_CASE("SimGrid's calibrated network model can be chosen, and no unknown one") {
  // LV08: 13.01 times the latency, 0.97 of the bandwidth (a fat pipe, so that
  // acknowledgements take nothing away).
  Scenario scenario = tiny::scenario(two_devices());
  scenario.network_model = "LV08";
  const RunRows rows = tiny::simulated(scenario, {{1, 1, 2}});
  CHECK(rows.stages[0].transfer_s == about(13.01 * 0.5 + 100 / 97.0));

  scenario.network_model = "L07";
  CHECK_THROWS_WITH_AS(tiny::simulated(scenario, kSplit), "tiny.yaml: network_model: `L07`: CM02 or LV08", InputError);
}
