// Rows made by hand from other costs than the scenario states, and what a refit makes of them.
#include "core/run_refit.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/core/two_stages.h"

namespace twinfer {
namespace {

// pi runs layer 1 in 2 s, pc layer 2 in 0.5 s; a message costs 0.1 s, the link 1 s and 10 kB/s. The cut
// between them has 100 kB.
struct Refitted : tiny::TwoStages {
  RunRows rows, simulated;

  Refitted() : TwoStages(100000, 0, 0) {}

  void add(double pi_s, double pc_s, double bytes, double transfer_s, double return_s) {
    tiny::add_result(rows, return_s);
    StageRow& first = tiny::add_stage(rows, 0, pi_s);
    first.transfer_s = 0.1;
    first.hop_bytes = 40;
    StageRow& second = tiny::add_stage(rows, 1, pc_s);
    second.transfer_s = transfer_s;
    second.hop_bytes = bytes;
  }
  [[nodiscard]] Refit refit() const { return refit_run(scenario, plan, {{rows, simulated}}); }
};

TEST_CASE("one size tells the bandwidth where bytes take the time, else the latency") {
  // The link has 3 s and 5 kB/s: results take 0.1 + 3 + 256 / 10 kB/s as stated, tensors 0.1 + 3 + 20 s.
  Refitted world;
  for (int i = 0; i < 3; ++i) world.add(2, 0.5, 100000, 23.1, 3.1256);
  const Refit refit = world.refit();
  REQUIRE(refit.ways.size() == 2);
  CHECK(refit.ways[0].way == Way{0, 1});
  CHECK(refit.ways[0].identified == Identified::kBandwidth);
  CHECK(refit.ways[1].identified == Identified::kLatency);
  CHECK(refit.platform.links[0].latency.si() == doctest::Approx(3));
  CHECK(refit.platform.links[0].bandwidth.si() == doctest::Approx(5000));
  CHECK(refit.ways[0].residuals.at(0) == doctest::Approx(0));
  // A result then takes 256 / 5 kB/s, 25.6 ms longer than it did.
  CHECK(refit.ways[1].residuals.at(0) == doctest::Approx(0.0256 / 3.1256));
}

TEST_CASE("two sizes tell latency and bandwidth, and the overhead stays") {
  Refitted world;
  world.add(2, 0.5, 100000, 0.1 + 3 + 20, 0.1 + 3 + 0.0512);
  world.add(2, 0.5, 200000, 0.1 + 3 + 40, 0.1 + 3 + 0.0512);
  const Refit refit = world.refit();
  CHECK(refit.ways[0].identified == Identified::kLatencyAndBandwidth);
  CHECK(refit.ways[0].cost.latency.si() == doctest::Approx(3));
  CHECK(refit.ways[0].cost.bandwidth.si() == doctest::Approx(5000));
  CHECK(refit.profiles[0]->message_overhead == Seconds(0.1));
}

TEST_CASE("a message that is shorter than the stated latency has its bandwidth alone") {
  Refitted world;
  world.scenario.platform.links[0].latency = Seconds(5);  // results say 0 s
  world.add(2, 0.5, 100000, 4, 0.1256);
  const Refit refit = world.refit();
  CHECK(refit.platform.links[0].latency.si() == doctest::Approx(0).epsilon(1e-6));
  CHECK(refit.platform.links[0].bandwidth.si() == doctest::Approx(100000 / 3.9));
}

TEST_CASE("a stage's layers take its distribution, the device's other layers its median") {
  // pi runs half as long again; pc 0.8 to 1.2 times: 5 % lies at 0.8 + 0.05 x 4 x 0.1 = 0.82.
  Refitted world;
  for (const double ratio : {1.0, 0.8, 1.2, 0.9, 1.1}) world.add(3, 0.5 * ratio, 100000, 11.1, 1.1256);
  const Refit refit = world.refit();
  REQUIRE(refit.stages.size() == 2);
  CHECK(refit.stages[0].computing.ratio.median().si() == doctest::Approx(1.5));
  CHECK(refit.stages[1].computing.ratio.samples == 5);

  const LatencyProfile& pi = *refit.profiles[0];
  const LatencyProfile& pc = *refit.profiles[1];
  CHECK(pi.layers.at("l1").compute.median().si() == doctest::Approx(3));
  CHECK(pi.layers.at("l1").source == "refitted to a run");
  CHECK(pi.layers.at("l2").compute.median().si() == doctest::Approx(6));
  CHECK(pi.exits.at("exit1").median().si() == doctest::Approx(1.5));
  CHECK(pc.layers.at("l2").compute.at(0.05).si() == doctest::Approx(0.5 * 0.82));
  CHECK(pc.layers.at("l2").compute.median().si() == doctest::Approx(0.5));
  CHECK(pc.layers.at("l2").compute.at(1).si() == doctest::Approx(0.6));
  CHECK(pc.layers.at("l1").compute.at(1).si() == doctest::Approx(0.25));
}

TEST_CASE("how messages wait and scatter becomes their receivers' hand-offs") {
  // Hops begin 100 s apart and take 11.1 s as simulated, 12.1 to 12.5 s measured; the executor starts 0.2 s
  // later. Results take 2 s in place of 1.1256.
  Refitted world;
  for (int i = 0; i < 21; ++i) {
    for (RunRows* rows : {&world.rows, &world.simulated}) {
      std::swap(world.rows, *rows);
      const bool measured = rows == &world.rows;
      world.add(2, 0.5, 100000, measured ? 12.1 + 0.02 * i : 11.1, measured ? 2 : 1.1256);
      for (std::size_t row : {2 * static_cast<std::size_t>(i), 2 * static_cast<std::size_t>(i) + 1}) {
        StageRow& stage = world.rows.stages[row];
        stage.hop_start_s = 100 * i;
        stage.queue_s = measured && stage.stage == 1 ? 0.2 : 0;
        stage.compute_start_s = stage.hop_start_s + stage.transfer_s + stage.queue_s;
      }
      std::swap(world.rows, *rows);
    }
  }
  const Refit refit = world.refit();
  const LatencyDistribution& hand_off = refit.profiles[1]->hand_off;
  CHECK(hand_off.quantiles[1].si() == doctest::Approx(0.02));  // 0.2 - 0.18 s, at 5 %
  CHECK(hand_off.median().si() == doctest::Approx(0.2));
  CHECK(hand_off.at(1).si() == doctest::Approx(0.4));
  CHECK(refit.profiles[0]->result_hand_off.median().si() == doctest::Approx(0));
  // What is no hand-off is the way's: of 12.3 s bytes take most, of a result nothing but latency.
  CHECK(refit.ways[0].identified == Identified::kBandwidth);
  CHECK(refit.ways[0].residuals.at(0) == doctest::Approx(0).epsilon(0.001));
  // Refitted again, nothing changes.
  world.scenario.platform = refit.platform;
  world.scenario.profiles = refit.profiles;
  for (StageRow& row : world.simulated.stages)
    if (row.stage == 1) row.transfer_s = 12.3 + 0.2;
  for (ResultRow& row : world.simulated.results) row.result_return_s = 2;
  const Refit second = world.refit();
  CHECK(second.profiles[1]->hand_off.median().si() == doctest::Approx(0.2));
  CHECK(second.platform.links[0].bandwidth.si() == doctest::Approx(refit.platform.links[0].bandwidth.si()));
  CHECK(second.profiles[0]->layers.at("l1").compute.median().si() == doctest::Approx(2));
}

TEST_CASE("codec times change by what a device's messages took in all, each tensor once") {
  Refitted world;
  for (auto& profile : world.scenario.profiles)
    for (auto& [name, layer] : profile->layers) layer.encode = Seconds(0.5), layer.decode = Seconds(0.25);
  for (int i = 0; i < 2; ++i) world.add(2, 0.5, 100000, 11.1, 1.1256);
  for (StageRow& row : world.rows.stages) row.encode_s = row.stage == 1 ? 2 : 1, row.decode_s = 0.25;
  const Refit refit = world.refit();
  for (const char* sent : {"input", "l1"})  // 3 s of a request, of which 1 s was stated
    CHECK(refit.profiles[0]->layers.at(sent).encode.si() == doctest::Approx(1.5));
  CHECK(refit.profiles[0]->layers.at("l2").encode.si() == doctest::Approx(0.5));  // was not sent
  CHECK(refit.profiles[1]->layers.at("l1").encode.si() == doctest::Approx(0.5));
  CHECK(refit.profiles[1]->layers.at("l1").decode.si() == doctest::Approx(0.25));
  CHECK(refit.profiled == std::set<DeviceId>{0, 1});
}

TEST_CASE("a request that took another plan is refused") {
  Refitted world;
  world.add(2, 0.5, 100000, 11.1, 1.1256);
  world.rows.stages[1].device = "pi";
  CHECK_THROWS_WITH_AS(world.refit(), doctest::Contains("run: has requests that took another plan than"), InputError);
  world.rows.stages[1].device = "pc";
  world.rows.stages[1].stage = 2;
  CHECK_THROWS_AS(world.refit(), InputError);
}

TEST_CASE("a request that left at a head is held against what it ran") {
  // Layer 1 and the head: 3 s by the profile, of which the run took 6.
  Refitted world;
  world.scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.5}}};
  world.add(6, 0, 0, 0, 0.1);
  world.rows.results[0].exit = 0;
  world.rows.results[0].status = Status::kExited;
  world.rows.stages.pop_back();
  const Refit refit = world.refit();
  REQUIRE(refit.stages.size() == 1);
  CHECK(refit.stages[0].computing.ratio.median().si() == doctest::Approx(2));
  CHECK(refit.ways.empty());  // its result stayed on the source
}

TEST_CASE("a run of which nothing returned tells nothing") {
  Refitted world;
  world.add(2, 0.5, 100000, 11.1, 1.1256);
  world.rows.results[0].status = Status::kFailed;
  CHECK_THROWS_WITH_AS(world.refit(), "tiny.yaml: run: has no request that returned", InputError);
}

}  // namespace
}  // namespace twinfer
