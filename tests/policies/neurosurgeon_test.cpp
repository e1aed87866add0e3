#include <algorithm>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

Plan neurosurgeon(const Problem& problem) { return make_partition_policy("neurosurgeon")->plan(problem); }

TEST_CASE("neurosurgeon ships the smallest activation over a slow link") {
  // 64 B/s; the result of 256 B takes 4 s.
  //   K = 0   16 + 0.875 + 4           = 20.875
  //   K = 1   2 + 1 + 0.625 + 4        = 7.625   <- best
  //   K = 2   32 + 8 + 0.125 + 4       = 44.125
  //   K = 3   42
  const tiny::World world(tiny::chain({1024, 64, 512, 4}), tiny::mesh({"pi", "pc"}, 64),
                          {{0, 2, 30, 10}, {0, 0.25, 0.5, 0.125}});
  const Plan plan = neurosurgeon(tiny::problem(world));

  CHECK(plan.policy == "neurosurgeon");
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}});
  CHECK(plan.predicted_latency.si() == 7.625);
  CHECK(plan.objective == "latency of one request alone");
  CHECK(plan.why == "Of 4 cuts the one after layer 1 (l1) is fastest: 64 B cross and a request needs 7.625 s.");
  REQUIRE(plan.candidates.size() == 4);
  CHECK(plan.candidates[0].description == "pi[1-1] pc[2-3]");
  CHECK(plan.candidates[0].cost.si() == 7.625);
  CHECK(plan.candidates[1].description == "pc[1-3]");
  CHECK(plan.candidates[1].cost.si() == 20.875);
  CHECK(plan.candidates[2].description == "pi[1-3]");
  CHECK(plan.candidates[2].cost.si() == 42);
  CHECK(plan.candidates[3].description == "pi[1-2] pc[3-3]");
  CHECK(plan.candidates[3].cost.si() == 44.125);
}

TEST_CASE("neurosurgeon stays on the source when the link is worse than computing") {
  const tiny::World world(tiny::chain({1024, 64, 4}), tiny::mesh({"pi", "pc"}, 1), {{0, 2, 3}, {0, 0, 0}});
  CHECK(neurosurgeon(tiny::problem(world)).stages == std::vector<Stage>{{0, 1, 2}});
}

TEST_CASE("of equally fast cuts neurosurgeon takes the earliest") {
  // 256 B/s: K = 0   1 + 2 + 1 = 4     K = 1   1 + 1 + 1 + 1 = 4     K = 2   10
  const tiny::World world(tiny::chain({256, 256, 4}), tiny::mesh({"pi", "pc"}, 256), {{0, 1, 9}, {0, 1, 1}});
  const Plan plan = neurosurgeon(tiny::problem(world));
  CHECK(plan.stages == std::vector<Stage>{{1, 1, 2}});
  CHECK(plan.candidates[0].description == "pc[1-2]");
  CHECK(plan.candidates[1].description == "pi[1-1] pc[2-2]");
  CHECK(plan.candidates[1].cost.si() == 4);
}

TEST_CASE("a cut across a residual connection ships both tensors") {
  // Layer 3 adds layers 1 and 2: the cut after layer 2 carries 256 + 256 B, 2 s.
  //   K = 0   4 + 3 + 1 = 8     K = 1   1 + 1 + 2 + 1 = 5  <- best
  //   K = 2   2 + 2 + 1 + 1 = 6 K = 3   12
  const tiny::World world(tiny::dag({{{}, 1024}, {{0}, 256}, {{1}, 256}, {{1, 2}, 4}}), tiny::mesh({"pi", "pc"}, 256),
                          {{0, 1, 1, 10}, {0, 1, 1, 1}});
  const Plan plan = neurosurgeon(tiny::problem(world));
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}});
  CHECK(plan.candidates[1].description == "pi[1-2] pc[3-3]");
  CHECK(plan.candidates[1].cost.si() == 6);
}

TEST_CASE("a cut that does not fit a device's memory is not weighed") {
  Platform platform = tiny::mesh({"pi", "pc"}, 256);
  platform.devices[0].memory = Bytes(10);
  const tiny::World world(tiny::dag({{{}, 256}, {{0}, 256, 10}, {{1}, 4, 1}}), platform, {{0, 0, 0}, {0, 5, 5}});
  const Plan plan = neurosurgeon(tiny::problem(world));
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 2}});
  CHECK(plan.candidates.size() == 2);
}

TEST_CASE("where nothing fits anywhere neurosurgeon says so") {
  Platform platform = tiny::mesh({"pi", "pc"}, 256);
  for (Device& device : platform.devices) device.memory = Bytes(1);
  const tiny::World world(tiny::dag({{{}, 4}, {{0}, 4, 2}}), platform, {{0, 1}, {0, 1}});
  CHECK_THROWS_WITH_AS(neurosurgeon(tiny::problem(world)),
                       "policy: `neurosurgeon`: no cut between pi and pc has its routes and fits their memory",
                       InputError);
}

TEST_CASE("neurosurgeon equals the best of all two-way cuts on random graphs") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 300; ++round) {
    const LayerGraph graph = tiny::random_graph(random, tiny::draw(random, 1, 8));
    const Platform platform = tiny::random_platform(random, 2);
    const tiny::World world(graph, platform, tiny::random_profiles(random, graph, platform));
    const Problem problem = tiny::problem(world);

    std::optional<Seconds> best;
    std::vector<Stage> best_stages;
    for (LayerId split = 0; split <= graph.last(); ++split) {
      std::vector<Stage> stages;
      if (split > 0) stages.push_back({0, 1, split});
      if (split < graph.last()) stages.push_back({1, split + 1, graph.last()});
      const Seconds latency = plan_cost(world.cost, stages, 0, problem.active_heads).latency;
      if (best && latency >= *best) continue;
      best = latency;
      best_stages = stages;
    }
    const Plan plan = neurosurgeon(problem);
    REQUIRE(plan.stages == best_stages);
    REQUIRE(plan.predicted_latency == *best);
    REQUIRE(plan.candidates.size() == graph.size());
    REQUIRE(plan.candidates.front().cost == *best);
  }
}

}  // namespace
}  // namespace twinfer
