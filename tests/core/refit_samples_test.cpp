// Rows made by hand, and what they tell of messages and computing.
#include "core/refit_samples.h"

#include <doctest/doctest.h>

#include "tests/core/two_stages.h"

namespace twinfer {
namespace {

// Layer 1 runs on pi, layer 2 on pc; a message takes 0.1 s of overhead, 1 s of latency and 10 kB/s.
struct Collected : tiny::TwoStages {
  RefitRun run;

  Collected() : TwoStages(1000, 0.5, 0.25) {}

  // Of one request its two stages: the hop begins at `start_s` and takes 0.5 s of encoding and `transfer_s`.
  static void add(RunRows& rows, double start_s, double transfer_s, double queue_s, double return_s) {
    tiny::add_result(rows, return_s);
    tiny::add_stage(rows, 0, 3).compute_start_s = start_s - 3;
    StageRow& hop = tiny::add_stage(rows, 1, 1.25);
    hop.hop_bytes = 1000;
    hop.hop_start_s = start_s;
    hop.encode_s = 0.5;
    hop.transfer_s = transfer_s;
    hop.queue_s = queue_s;
    hop.compute_start_s = start_s + 0.5 + transfer_s + queue_s;
    hop.decode_s = 0.75;
  }
  [[nodiscard]] RefitSamples samples() const { return collect_samples(scenario, plan, {run}); }
};

TEST_CASE("a wait is a hand-off where connection and executor were idle") {
  Collected world;
  world.add(world.run.measured, 10, 2, 0.25, 1);  // runs on pc from 12.75 to 14.75
  world.add(world.run.measured, 12, 2, 0.25, 1);  // the wire is idle since 12.5, pc at 14.5 is not
  world.add(world.run.measured, 20, 2, 0.5, 1);
  const std::vector<MessageSample> hops = world.samples().messages.at({0, 1});
  REQUIRE(hops.size() == 3);
  CHECK(hops[0].wait == Seconds(0.25));
  CHECK_FALSE(hops[1].wait);
  CHECK(hops[2].wait == Seconds(0.5));
  for (const MessageSample& hop : hops) {
    CHECK(hop.transfer.si() == 2);
    CHECK(hop.to_executor);
    CHECK(hop.bytes.si() == 1000);
  }
  // Results: the second is asked for at 16.75, when the first is back since 15.75.
  const std::vector<MessageSample> results = world.samples().messages.at({1, 0});
  REQUIRE(results.size() == 3);
  for (const MessageSample& result : results) CHECK(result.wait == Seconds(0));
  CHECK_FALSE(results[0].to_executor);
  CHECK(results[0].bytes == kResultBytes);
}

TEST_CASE("requests that were lost keep nothing busy: nobody knows until when they were there") {
  Collected world;
  world.add(world.run.measured, 10, 2, 0, 1);  // runs on pc from 12.5 to 14.5
  world.add(world.run.measured, 11.5, 2, 0, 1);
  CHECK_FALSE(world.samples().messages.at({0, 1})[1].wait);
  world.run.measured.results[0].status = Status::kFailed;
  const std::vector<MessageSample> hops = world.samples().messages.at({0, 1});
  REQUIRE(hops.size() == 1);
  CHECK(hops[0].wait);
}

TEST_CASE("requests that overtake each other leave each its own wait") {
  Collected world;
  world.add(world.run.measured, 20, 2, 0, 1);  // runs on pc from 22.5 to 24.5
  world.add(world.run.measured, 16, 2, 0, 1);  // from 18.5 to 20.5: earlier
  const RefitSamples samples = world.samples();
  CHECK(samples.messages.at({0, 1})[0].wait);
  CHECK(samples.messages.at({0, 1})[1].wait);
}

TEST_CASE("what a simulation says messages took from each other is not the way's") {
  Collected world;
  for (const double start_s : {10.0, 20.0}) world.add(world.run.measured, start_s, 2, 0, 1.5);
  // Alone 0.1 + 1 + 0.1 s; the second waits 0.5 s for others on the link. A result alone takes 1.1256 s.
  world.add(world.run.simulated, 10, 1.2, 0, 1.1256);
  world.add(world.run.simulated, 20, 1.7, 0, 1.3256);
  const RefitSamples samples = world.samples();
  CHECK(samples.messages.at({0, 1})[0].transfer.si() == doctest::Approx(2));
  CHECK(samples.messages.at({0, 1})[1].transfer.si() == doctest::Approx(1.5));
  CHECK(samples.messages.at({1, 0})[0].transfer.si() == doctest::Approx(1.5));
  CHECK(samples.messages.at({1, 0})[1].transfer.si() == doctest::Approx(1.3));
  // One that took another exit there is not compared.
  world.run.simulated.results[1].exit = 0;
  CHECK(world.samples().messages.at({0, 1})[1].transfer.si() == doctest::Approx(2));
}

TEST_CASE("computing comes with what the profile says of it, and codec times with their tensors") {
  Collected world;
  world.scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.5}}};
  world.add(world.run.measured, 10, 2, 0, 1);
  world.add(world.run.measured, 14, 2, 0, 1);
  const RefitSamples samples = world.samples();
  const std::vector<ComputingSample> pi = samples.computing.at({0, 0});
  REQUIRE(pi.size() == 2);
  CHECK(pi[0].always.si() == 3);  // its head included, at which some leave
  CHECK(pi[0].sometimes.si() == 0);
  CHECK(pi[0].measured.si() == 3);
  // The source hands its input on to itself, too: nothing measured, twice 0.5 s stated.
  CHECK(samples.encoding.at(0).measured.si() == 1);
  CHECK(samples.encoding.at(0).profile.si() == 2);
  CHECK(samples.encoding.at(0).tensors == std::set<LayerId>{0, 1});
  CHECK(samples.decoding.at(1).measured.si() == 1.5);
  CHECK(samples.decoding.at(1).profile.si() == 0.5);
  CHECK(samples.decoding.at(1).tensors == std::set<LayerId>{1});
}

TEST_CASE("layers behind a head are run by some, where a stage has both") {
  Collected world;
  world.scenario.exits = {ExitRule::kMaxSoftmax, {{0, 0.5}}};
  world.plan.stages = {Stage(0, 1, 2)};
  world.add(world.run.measured, 10, 2, 0, 1);
  world.run.measured.stages.pop_back();
  const ComputingSample whole = collect_samples(world.scenario, world.plan, {world.run}).computing.at({0, 0})[0];
  CHECK(whole.always.si() == 3);
  CHECK(whole.sometimes.si() == 4);
}

}  // namespace
}  // namespace twinfer
