#include "core/cost_model.h"

#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

// Chain of 1024, 512, 256, 4 B with a head after layer 1; pi and pc at 256 B/s and 1/2 s.
struct TwoDevices {
  LayerGraph graph = tiny::chain({1024, 512, 256, 4}, {1});
  Platform platform = tiny::mesh({"pi", "pc"}, 256, 0.5);
  tiny::Profiles profiles = tiny::profiles(graph, platform, {{0, 2, 3, 1}, {0, 0.25, 0.5, 0.125}}, {{0.375}, {0.0625}},
                                           {.encode_s = 0.125, .decode_s = 0.0625, .overhead_s = 0.03125});
};

TEST_CASE_FIXTURE(TwoDevices, "computing a range adds up its layers, both ends included") {
  const CostModel cost(graph, platform, profiles);
  CHECK(cost.compute(2, 0).si() == 3);
  CHECK(cost.compute(2, 1).si() == 0.5);
  CHECK(cost.compute(0, 0).si() == 0);
  CHECK(cost.compute(1, 3, 0).si() == 6);
  CHECK(cost.compute(2, 3, 0).si() == 4);
  CHECK(cost.compute(2, 2, 0).si() == 3);
  CHECK(cost.head(0, 0).si() == 0.375);
  CHECK(cost.head(0, 1).si() == 0.0625);
}

TEST_CASE_FIXTURE(TwoDevices, "the work of a stage is its layers and heads") {
  const CostModel cost(graph, platform, profiles);
  CHECK(cost.compute(StageWork{{1, 2}, {0}}, 0).si() == 5.375);
  CHECK(cost.compute(StageWork{{1}, {}}, 1).si() == 0.25);
  CHECK(cost.compute(StageWork{}, 0).si() == 0);
}

TEST_CASE_FIXTURE(TwoDevices, "a quantile is taken of every layer and head of the work") {
  // Layer 1 from 2 s to 4 s at its maximum, head from 0.375 s to 1 s.
  profiles[0]->layers["l1"].compute.quantiles.back() = Seconds(4);
  profiles[0]->exits["exit1"].quantiles.back() = Seconds(1);
  const CostModel cost(graph, platform, profiles);
  CHECK(cost.computing(StageWork{{1, 2}, {0}}, 0).median().si() == 5.375);
  CHECK(cost.computing(StageWork{{1, 2}, {0}}, 0).at(1).si() == 8);
  CHECK(cost.compute(1, 0).si() == 2);
}

TEST_CASE_FIXTURE(TwoDevices, "a hop costs encoding, overhead, latency and bytes over bandwidth, then decoding") {
  const CostModel cost(graph, platform, profiles);
  const HopCost hop = cost.hop({{1}, Bytes(512)}, 0, 1);
  CHECK(hop.encode.si() == 0.125);
  CHECK(hop.overhead.si() == 0.03125);
  CHECK(hop.transmit.si() == 2);
  CHECK(hop.latency.si() == 0.5);
  CHECK(hop.decode.si() == 0.0625);
  CHECK(hop.holding().si() == 2);  // the next is encoded while this one's bytes leave
  CHECK(hop.sending().si() == 2.65625);
}

TEST_CASE_FIXTURE(TwoDevices, "the sender encodes and pays the overhead, the receiver decodes, tensor by tensor") {
  profiles[0]->layers["input"].encode = Seconds(1);
  profiles[1]->layers["input"].decode = Seconds(2);
  profiles[1]->layers["l1"].decode = Seconds(4);
  profiles[1]->message_overhead = Seconds(9);
  const CostModel cost(graph, platform, profiles);
  const HopCost hop = cost.hop({{0, 1}, Bytes(1536)}, 0, 1);
  CHECK(hop.encode.si() == 1.125);
  CHECK(hop.decode.si() == 6);
  CHECK(hop.overhead.si() == 0.03125);
  CHECK(cost.hop({{0, 1}, Bytes(1536)}, 1, 0).overhead.si() == 9);
}

TEST_CASE_FIXTURE(TwoDevices, "on one device a hop has no wire but keeps codec and overhead") {
  const CostModel cost(graph, platform, profiles);
  const HopCost hop = cost.hop({{0}, Bytes(1024)}, 0, 0);
  CHECK(hop.wire().si() == 0);
  CHECK(hop.sending().si() == 0.15625);
  CHECK(hop.decode.si() == 0.0625);
}

TEST_CASE_FIXTURE(TwoDevices, "within a device a message crosses its loopback, where the platform states one") {
  platform.routes[{0, 0}] = {platform.links.size()};
  platform.links.push_back({"loopback", BytesPerSecond(1024), Seconds(0.25)});
  const CostModel cost(graph, platform, profiles);
  const HopCost hop = cost.hop(Cut{{1}, Bytes(512)}, 0, 0);
  CHECK(hop.transmit.si() == 0.5);
  CHECK(hop.latency.si() == 0.25);
  CHECK(cost.latency(1, 1).si() == 0);
}

TEST_CASE_FIXTURE(TwoDevices, "a result has a message's overhead and 256 bytes, and no codec") {
  const CostModel cost(graph, platform, profiles);
  const HopCost result = cost.result_return(1, 0);
  CHECK(result.encode.si() == 0);
  CHECK(result.overhead.si() == 0.03125);
  CHECK(result.wire().si() == 1.5);
  CHECK(result.decode.si() == 0);
  CHECK(cost.result_return(0, 0).sending().si() == 0.03125);
}

TEST_CASE("a route adds its latencies and has the bandwidth of its narrowest link") {
  const LayerGraph graph = tiny::chain({100, 4});
  Platform platform = tiny::network({"a", "b", "c"}, {{0, 1, 1000, 0.25}, {1, 2, 10, 0.5}});
  platform.routes[{0, 2}] = {0, 1};
  platform.routes[{2, 0}] = {1, 0};
  const tiny::World world(graph, platform, {{0, 1}, {0, 1}, {0, 1}});
  for (const auto& [from, to] : {std::pair<DeviceId, DeviceId>{0, 2}, {2, 0}}) {
    CHECK(world.cost.transmit(Bytes(100), from, to).si() == 10);
    CHECK(world.cost.latency(from, to).si() == 0.75);
  }
  CHECK(world.cost.transmit(Bytes(100), 2, 2).si() == 0);
  CHECK(world.cost.latency(2, 2).si() == 0);
}

TEST_CASE_FIXTURE(TwoDevices, "a device without a profile takes no part") {
  profiles[1].reset();
  const CostModel cost(graph, platform, profiles);
  CHECK(cost.has_profile(0));
  CHECK_FALSE(cost.has_profile(1));
}

TEST_CASE_FIXTURE(TwoDevices, "a profile that lacks a layer is refused") {
  profiles[1]->layers.erase("l2");
  CHECK_THROWS_WITH_AS(CostModel(graph, platform, profiles),
                       "pc.csv: layer: `l2`: is missing; take the profile of tiny anew", InputError);
}

TEST_CASE_FIXTURE(TwoDevices, "a profile that lacks a head is refused") {
  profiles[0]->exits.erase("exit1");
  CHECK_THROWS_WITH_AS(CostModel(graph, platform, profiles),
                       "pi.csv: exit: `exit1`: is missing; take the profile of tiny anew", InputError);
}

TEST_CASE_FIXTURE(TwoDevices, "a profile with other output bytes is refused") {
  profiles[0]->layers["l1"].output_bytes = Bytes(513);
  CHECK_THROWS_WITH_AS(CostModel(graph, platform, profiles),
                       "pi.csv: layer l1, output_bytes: `513`: the graph says 512", InputError);
}

TEST_CASE_FIXTURE(TwoDevices, "a profile of another model is refused") {
  profiles[0]->model = "vgg16";
  CHECK_THROWS_WITH_AS(CostModel(graph, platform, profiles),
                       "pi.csv: model: `vgg16`: the profile was taken for another model than tiny", InputError);
}

TEST_CASE_FIXTURE(TwoDevices, "a profile at another input shape is refused") {
  profiles[0]->input = "1x255";
  CHECK_THROWS_WITH_AS(CostModel(graph, platform, profiles),
                       "pi.csv: input: `1x255`: the profile was taken for another input shape than 1x256", InputError);
}

TEST_CASE_FIXTURE(TwoDevices, "the cost of a plan lists hops and stages and adds them up") {
  //   hop pi -> pi   1/8 + 1/32 = 0.15625         stage 1   1/16 + 2 + 3/8 = 2.4375
  //   hop pi -> pc   0.15625 + 1/2 + 2 = 2.65625  stage 2   1/16 + 1/2 + 1/8 = 0.6875
  //   result         1/32 + 1/2 + 1 = 1.53125     sum       7.46875
  const CostModel cost(graph, platform, profiles);
  const PlanCost plan = plan_cost(cost, {{0, 1, 1}, {1, 2, 3}}, 0, {0});
  REQUIRE(plan.hops.size() == 2);
  CHECK(plan.hops[0].sending().si() == 0.15625);
  CHECK(plan.hops[1].sending().si() == 2.65625);
  CHECK(plan.computes == std::vector<Seconds>{Seconds(2.4375), Seconds(0.6875)});
  CHECK(plan.result.sending().si() == 1.53125);
  CHECK(plan.latency.si() == 7.46875);
  // Latency holds nothing: the hop to pc is free again after 2, before the stage on pi.
  CHECK(plan.bottleneck.si() == 2.4375);
  CHECK(plan.bottleneck_at == "stage 1 on pi");
}

TEST_CASE_FIXTURE(TwoDevices, "a plan without active heads is not charged for them") {
  const CostModel cost(graph, platform, profiles);
  CHECK(plan_cost(cost, {{0, 1, 3}}, 0, {0}).computes[0].si() == 6.4375);
  CHECK(plan_cost(cost, {{0, 1, 3}}, 0, {}).computes[0].si() == 6.0625);
}

TEST_CASE("of equally slow resources the earlier is the bottleneck") {
  // hop a -> b of 256 B at 256 B/s: 1 s; stage on b: 1 s; result of 256 B: 1 s.
  const tiny::World world(tiny::chain({256, 4}), tiny::mesh({"a", "b"}, 256), {{0, 1}, {0, 1}});
  const PlanCost plan = plan_cost(world.cost, {{1, 1, 1}}, 0, {});
  CHECK(plan.bottleneck.si() == 1);
  CHECK(plan.bottleneck_at == "hop a -> b");
}

TEST_CASE("executors of one machine hold its cores together, slowed down by each other") {
  // Layers of 1 s, one on each device.
  tiny::World world(tiny::chain({1, 1, 1, 1}), tiny::mesh({"a", "b", "c"}, 1e12),
                    {{0, 1, 1, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}});
  const std::vector<Stage> stages{{0, 1, 1}, {1, 2, 2}, {2, 3, 3}};
  for (Device& device : world.platform.devices) device.cores = 2;
  CHECK(plan_cost(world.cost, stages, 0, {}).bottleneck.si() == 1);
  for (Device& device : world.platform.devices) device.machine = "laptop";
  CHECK(plan_cost(world.cost, stages, 0, {}).bottleneck.si() == 1.5);
  world.platform.devices[0].contention = 1.5;
  const PlanCost plan = plan_cost(world.cost, stages, 0, {});
  CHECK(plan.bottleneck.si() == 2.25);
  CHECK(plan.bottleneck_at == "cores of laptop");
  CHECK(plan.latency.si() == doctest::Approx(3));
}

TEST_CASE("messages between devices take cores of the machines at both ends") {
  // Stages of 1 s on b and c; messages of 256 B to b, 512 B on to c, 256 B back.
  tiny::World world(tiny::chain({256, 512, 4}), tiny::mesh({"a", "b", "c"}, 1e12), {{0, 1, 1}, {0, 1, 1}, {0, 1, 1}});
  const std::vector<Stage> stages{{1, 1, 1}, {2, 2, 2}};
  for (Device& device : world.platform.devices) device.cores = 2;
  world.platform.devices[1].message_cores = 1.0 / 128;  // (256 + 512) / 128 = 6 s of b's cores, beside 1 s of computing
  const PlanCost apart = plan_cost(world.cost, stages, 0, {});
  CHECK(apart.bottleneck.si() == 3.5);
  CHECK(apart.bottleneck_at == "cores of b");
  world.platform.devices[1].message_cores = 1.0 / 1024;  // 0.75 s: what an idle core does not take, 0.75 / 4
  CHECK(plan_cost(world.cost, stages, 0, {}).bottleneck.si() == 1.1875);
  world.platform.devices[1].message_cores = 0;
  world.platform.devices[0].message_cores = 1.0 / 64;  // 8 s of a's, which computes nothing
  CHECK(plan_cost(world.cost, stages, 0, {}).bottleneck.si() == 4);
  CHECK(plan_cost(world.cost, stages, 0, {}).bottleneck_at == "cores of a");
  for (Device& device : world.platform.devices) device.machine = "laptop";
  const PlanCost together = plan_cost(world.cost, stages, 0, {});
  CHECK(together.bottleneck.si() == 5);  // and 2 s of computing
  CHECK(together.bottleneck_at == "cores of laptop");
}

TEST_CASE("a message within a device takes no cores, and one within a machine both ends' at once") {
  Platform platform = tiny::mesh({"a", "b"}, 1);
  platform.devices[0].message_cores = 0.5;
  platform.devices[1].message_cores = 0.25;
  using Times = std::vector<std::pair<DeviceId, Seconds>>;
  CHECK(message_core_times(platform, {0, 0}, Bytes(8)).empty());
  CHECK(message_core_times(platform, {0, 1}, Bytes(8)) == Times{{0, Seconds(4)}, {1, Seconds(2)}});
  for (Device& device : platform.devices) device.machine = "laptop";
  CHECK(message_core_times(platform, {1, 0}, Bytes(8)) == Times{{0, Seconds(6)}});
  platform.devices[0].message_cores = 0;
  CHECK(message_core_times(platform, {1, 0}, Bytes(8)) == Times{{0, Seconds(2)}});
}

TEST_CASE("the bottleneck may be a stage or the result") {
  const tiny::World slow_stage(tiny::chain({4, 4, 4}), tiny::mesh({"a", "b"}, 256), {{0, 1, 1}, {0, 1, 5}});
  CHECK(plan_cost(slow_stage.cost, {{0, 1, 1}, {1, 2, 2}}, 0, {}).bottleneck_at == "stage 2 on b");
  const tiny::World slow_link(tiny::chain({4, 4}), tiny::mesh({"a", "b"}, 1), {{0, 1}, {0, 1}});
  CHECK(plan_cost(slow_link.cost, {{1, 1, 1}}, 0, {}).bottleneck_at == "result b -> a");
}

// Source s, replicas x and y of 4 s and 2 s a request. 512 B at 256 B/s to x and at
// 128 B/s to y, results of 256 B.
struct TwoReplicas {
  LayerGraph graph = tiny::chain({512, 4});
  Platform platform = tiny::network({"s", "x", "y"}, {{0, 1, 256, 0.5}, {0, 2, 128, 0.25}});
  std::vector<std::vector<double>> layers_s{{0, 9}, {0, 4}, {0, 2}};
  const std::vector<Stage> stages{{{1, 2}, 1, 1}};

  PlanCost cost() const { return plan_cost(tiny::World(graph, platform, layers_s).cost, stages, 0, {}); }
};

TEST_CASE_FIXTURE(TwoReplicas, "replicas share the load, and a latency is their average") {
  //            s -> x  1/2 + 2 = 2.5   x  4   back  1/2 + 1 = 1.5    sum 8
  //            s -> y  1/4 + 4 = 4.25  y  2   back  1/4 + 2 = 2.25   sum 8.5
  // Each has every second request: s -> y is held for 4 / 2 of an average one, as x is.
  const PlanCost plan = cost();
  CHECK(plan.hops[0].sending().si() == 3.375);
  CHECK(plan.computes[0].si() == 3);
  CHECK(plan.result.sending().si() == 1.875);
  CHECK(plan.latency.si() == 8.25);
  CHECK(plan.bottleneck.si() == 2);
  CHECK(plan.bottleneck_at == "hop s -> y");
  layers_s[1][1] = 5;
  CHECK(cost().bottleneck.si() == 2.5);
  CHECK(cost().bottleneck_at == "stage 1 on x");
}

TEST_CASE_FIXTURE(TwoReplicas, "a link under connections that take turns carries all of their messages") {
  // y lies behind x's link: 512 B at 256 B/s of every request, 2 s, but for half of
  // them each connection's time: (1/2 + 2) / 2 and (3/4 + 2) / 2.
  platform.links[1].bandwidth = BytesPerSecond(1024);
  platform.routes[{0, 2}] = {0, 1};
  layers_s = {{0, 0}, {0, 0}, {0, 0}};
  CHECK(cost().bottleneck.si() == 2);
  CHECK(cost().bottleneck_at == "link s-x of hop 1");

  graph = tiny::chain({4, 4});
  platform.routes[{2, 0}] = {1, 0};
  CHECK(cost().bottleneck.si() == 1);
  CHECK(cost().bottleneck_at == "link s-x of the results");
}

TEST_CASE("of six connections between two replicas and three each has a sixth of the requests") {
  // Layers of 1 s; 256 B at 64 B/s between a, b and c, d, e: 4 s on each of the six
  // own links. Links within the source's reach cost nothing to speak of.
  Platform platform = tiny::mesh({"s", "a", "b", "c", "d", "e"}, 1e300);
  for (const DeviceId from : {DeviceId{1}, DeviceId{2}})
    for (const DeviceId to : {DeviceId{3}, DeviceId{4}, DeviceId{5}})
      platform.links[platform.routes.at({from, to}).front()].bandwidth = BytesPerSecond(64);
  const tiny::World world(tiny::chain({4, 256, 4}), platform, std::vector<std::vector<double>>(6, {0, 1, 1}));
  const PlanCost plan = plan_cost(world.cost, {{{1, 2}, 1, 1}, {{3, 4, 5}, 2, 2}}, 0, {});
  CHECK(plan.bottleneck.si() == doctest::Approx(4.0 / 6));
  CHECK(plan.bottleneck_at == "hop a -> c");
  CHECK(plan.latency.si() == doctest::Approx(6));
}

}  // namespace
}  // namespace twinfer
