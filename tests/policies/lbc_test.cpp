#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

Plan lbc(const tiny::World& world) { return make_partition_policy("lbc")->plan(tiny::problem(world)); }

TEST_CASE("lbc gives two equal devices half the time each") {
  // T = 4, target 2: the boundary after layer 2.
  const tiny::World world(tiny::chain({4, 4, 4, 4, 4}), tiny::mesh({"a", "b"}, 256),
                          {{0, 1, 1, 1, 1}, {0, 1, 1, 1, 1}});
  const Plan plan = lbc(world);
  CHECK(plan.policy == "lbc");
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 2}, {1, 3, 4}});
}

TEST_CASE("lbc shares by capacity") {
  // b runs the network in 4/3 of a's 12 s, capacity 3: a's target is 12 x 1/4 = 3.
  const tiny::World world(tiny::chain({4, 4, 4, 4, 4}), tiny::mesh({"a", "b"}, 256),
                          {{0, 3, 3, 3, 3}, {0, 1, 1, 1, 1}});
  CHECK(lbc(world).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 4}});
}

TEST_CASE("of two equally near boundaries lbc takes the earlier") {
  // Cumulative 0 1 3 4, target 2: layers 1 and 2 are both 1 s away.
  const tiny::World world(tiny::chain({4, 4, 4, 4}), tiny::mesh({"a", "b"}, 256), {{0, 1, 2, 1}, {0, 1, 2, 1}});
  CHECK(lbc(world).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}});
}

TEST_CASE("lbc cuts where it is nearest, not where the target is passed") {
  // Cumulative 0 3 5 8, target 4: layer 1 is 1 s before, layer 2 is 1 s behind; 0 3 4.5 8: layer 2 is nearer.
  const tiny::World world(tiny::chain({4, 4, 4, 4}), tiny::mesh({"a", "b"}, 256), {{0, 3, 1.5, 3.5}, {0, 3, 1.5, 3.5}});
  CHECK(lbc(world).stages == std::vector<Stage>{{0, 1, 2}, {1, 3, 3}});
}

TEST_CASE("lbc serves any number of devices") {
  // Capacities 1, 1, 2 over T = 8: targets 2 and 4.
  const tiny::World world(tiny::chain({4, 4, 4, 4, 4}), tiny::mesh({"a", "b", "c"}, 256),
                          {{0, 2, 2, 2, 2}, {0, 2, 2, 2, 2}, {0, 1, 1, 1, 1}});
  const Plan plan = lbc(world);
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 2}, {2, 3, 4}});
  CHECK(plan.why ==
        "The devices' shares of the computing by speed are a 25 %, b 25 %, c 50 %; "
        "stage 1 on a takes 2 s of every request.");
}

TEST_CASE("lbc on one device is that device") {
  const tiny::World world(tiny::chain({4, 4, 4}), tiny::mesh({"a"}, 256), {{0, 1, 1}});
  CHECK(lbc(world).stages == std::vector<Stage>{{0, 1, 2}});
}

TEST_CASE("lbc measures its boundaries on the first device of the chain alone") {
  // Both need 8 s in all, so the target is 4 s of a: after layer 1. On b that is 7 s.
  const tiny::World world(tiny::chain({4, 4, 4, 4}), tiny::mesh({"a", "b"}, 256), {{0, 4, 2, 2}, {0, 7, 0.5, 0.5}});
  CHECK(lbc(world).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}});
}

TEST_CASE("lbc counts active heads with their layer") {
  // Without the head 1 1 1 1 and a cut after layer 2; with 4 s after layer 1 the
  // cumulative times are 5 6 7 8 and the target is 4: after layer 1.
  const LayerGraph graph = tiny::chain({4, 4, 4, 4, 4}, {1});
  const tiny::World world(graph, tiny::mesh({"a", "b"}, 256), {{0, 1, 1, 1, 1}, {0, 1, 1, 1, 1}}, {{4}, {4}});
  CHECK(lbc(world).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 4}});

  Problem no_heads = tiny::problem(world);
  no_heads.active_heads.clear();
  CHECK(make_partition_policy("lbc")->plan(no_heads).stages == std::vector<Stage>{{0, 1, 2}, {1, 3, 4}});
}

TEST_CASE("a device too slow for a layer is left out, and its successor is reached directly") {
  // Capacities 1, 1/64, 1 over T = 4: targets 1.98 and 2.02, both nearest to layer 2.
  // One frame: 2 on a, 256 B from a to c 1 s, 2 on c, result 1 s = 6.
  const tiny::World world(tiny::chain({4, 4, 256, 4, 4}), tiny::mesh({"a", "b", "c"}, 256),
                          {{0, 1, 1, 1, 1}, {0, 64, 64, 64, 64}, {0, 1, 1, 1, 1}});
  const Plan plan = lbc(world);
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 2}, {2, 3, 4}});
  CHECK(plan.predicted_latency.si() == 6);
}

TEST_CASE("a first device too slow for a layer is left out") {
  const tiny::World world(tiny::chain({4, 4, 4}), tiny::mesh({"a", "b"}, 256), {{0, 64, 64}, {0, 1, 1}});
  CHECK(lbc(world).stages == std::vector<Stage>{{1, 1, 2}});
}

TEST_CASE("leaving a device out needs a route past it") {
  const tiny::World world(tiny::chain({4, 4, 4}), tiny::network({"a", "b", "c"}, {{0, 1, 256}, {1, 2, 256}}),
                          {{0, 1, 1}, {0, 64, 64}, {0, 1, 1}});
  CHECK_THROWS_WITH_AS(lbc(world), "tiny.xml: route: `a -> c`: is missing; policy lbc needs it", InputError);
}

TEST_CASE("lbc lists its cuts moved by one layer, nearest first") {
  // T = 4, target 2. After layer 2: 0 s away; after 1 or 3: 1 s.
  const tiny::World world(tiny::chain({4, 4, 4, 4, 4}), tiny::mesh({"a", "b"}, 256),
                          {{0, 1, 1, 1, 1}, {0, 1, 1, 1, 1}});
  const Plan plan = lbc(world);
  CHECK(plan.objective == "distance of the cuts from the devices' shares of the computing, in seconds of a");
  REQUIRE(plan.candidates.size() == 3);
  CHECK(plan.candidates[0].description == "a[1-2] b[3-4]");
  CHECK(plan.candidates[0].cost.si() == 0);
  CHECK(plan.candidates[1].description == "a[1-1] b[2-4]");
  CHECK(plan.candidates[1].cost.si() == 1);
  CHECK(plan.candidates[2].description == "a[1-3] b[4-4]");
  CHECK(plan.candidates[2].cost.si() == 1);
}

TEST_CASE("a cut of lbc may be moved until a device is empty") {
  // T = 2, target 1: after layer 1; moving it empties one of the two.
  const tiny::World world(tiny::chain({4, 4, 4}), tiny::mesh({"a", "b"}, 256), {{0, 1, 1}, {0, 1, 1}});
  const Plan plan = lbc(world);
  REQUIRE(plan.candidates.size() == 3);
  CHECK(plan.candidates[0].description == "a[1-1] b[2-2]");
  CHECK(plan.candidates[1].description == "b[1-2]");
  CHECK(plan.candidates[2].description == "a[1-2]");
}

TEST_CASE("lbc on four equal Raspberry Pi cuts AlexNet's published layer times after layers 2, 4 and 8") {
  // Sum 1.29974 s, targets 0.32494, 0.64987, 0.97481; cumulative
  //   2: 0.30475  3: 0.35659 | 3: 0.35659  4: 0.70972 | 8: 0.91056  9: 1.13332
  const std::vector<double> pi_s{0,      .2958,  .00895, .05184, .35313, .00682, .03638,
                                 .15417, .00347, .22276, .00242, .15061, .00241, .01098};
  const tiny::World world(tiny::chain(std::vector<double>(14, 4)), tiny::mesh({"a", "b", "c", "d"}, 256),
                          {pi_s, pi_s, pi_s, pi_s});
  CHECK(lbc(world).stages == std::vector<Stage>{{0, 1, 2}, {1, 3, 4}, {2, 5, 8}, {3, 9, 13}});
}

TEST_CASE("lbc needs a chain, and devices that take time") {
  const tiny::World world(tiny::chain({4, 4}), tiny::mesh({"a", "b"}, 256), {{0, 1}, {0, 0}});
  CHECK_THROWS_WITH_AS(
      lbc(world), "policy: `lbc`: the profile of b adds up to zero seconds: no capacity follows from it", InputError);
  Problem problem = tiny::problem(world);
  problem.chain.clear();
  CHECK_THROWS_WITH_AS(make_partition_policy("lbc")->plan(problem), "chain: policy lbc needs at least one device in it",
                       InputError);
}

}  // namespace
}  // namespace twinfer
