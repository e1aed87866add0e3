#include <limits>

#include <doctest/doctest.h>

#include "policies/dag_cut.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

Plan dads(const Problem& problem) { return make_partition_policy("dads")->plan(problem); }

// Two branches: 1 is small and fast here, 2 and 3 are slow here; 4 joins 1 and 3.
// Only a cut that leaves the branches at different depths keeps 1 here while 2 and
// 3 go: the input (64 B) and the output of 1 (64 B) cross.
TEST_CASE("dads cuts branches at different depths") {
  const LayerGraph graph = tiny::dag({{{}, 64}, {{0}, 640}, {{0}, 640}, {{2}, 640}, {{1, 3}, 4}});
  const tiny::World world(graph, tiny::mesh({"pi", "pc"}, 64), {{0, 9, 9, 0.5, 0.5}, {0, 30, 0.5, 0.5, 0.5}});
  const Plan plan = dads(tiny::problem(world));
  // here: 9; the wire: (64 + 640) / 64 = 11; there: 0.5 + 0.5 + 0.5; the result 4
  // all here: 9 + 9 + 0.5 + 0.5 = 19
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 4}});
  // A faster wire: 9 + 704 / 704 + 1.5 + 256 / 704
  const tiny::World faster(graph, tiny::mesh({"pi", "pc"}, 704), {{0, 9, 9, 0.5, 0.5}, {0, 30, 0.5, 0.5, 0.5}});
  const Plan split = dads(tiny::problem(faster));
  CHECK(split.stages == std::vector<Stage>{{0, {1}}, {1, {2, 3, 4}}});
  CHECK(split.predicted_latency.si() == doctest::Approx(9 + 1 + 1.5 + 256.0 / 704));
}

// Layer 1 is read by 2, 3 and 4, all better off on pc. Paid once, its 64 B take 1 s.
TEST_CASE("a tensor with several readers is paid once") {
  const LayerGraph graph = tiny::dag({{{}, 640}, {{0}, 64}, {{1}, 4}, {{1}, 4}, {{1}, 4}, {{2, 3, 4}, 4}});
  const tiny::World world(graph, tiny::mesh({"pi", "pc"}, 64), {{0, 1, 2, 2, 2, 1}, {0, 1, 0, 0, 0, 0}});
  // after 1: 1 + 1 + 4 = 6; here: 8; there: 10 + 1 + 4. Paid thrice the cut would take 8.
  CHECK(dads(tiny::problem(world)).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 5}});
}

// dads also weighs the cuts of the order, so the minimum cut is asked by itself.
TEST_CASE("the minimum cut pays a tensor with several readers once") {
  const LayerGraph graph = tiny::dag({{{}, 640}, {{0}, 64}, {{1}, 4}, {{1}, 4}, {{1}, 4}, {{2, 3, 4}, 4}});
  const tiny::World world(graph, tiny::mesh({"pi", "pc"}, 64), {{0, 1, 0.5, 0.5, 0.5, 0.5}, {0, 1, 0, 0, 0, 0}});
  // after 1: 1 + 1 = 2; here: 3; there: 10 + 1. Paid thrice the cut would take 4.
  CHECK(cheapest_source_side(tiny::problem(world), {}) == std::vector<LayerId>{1});
}

TEST_CASE("dads turns from latency to throughput where the light plan cannot serve the load") {
  // One request: here 4 + 4 = 8, or cut after 1: 4 + 1 + 3 + 4 = 12: all here, 1/8 per second.
  // Slowest of the cut: the result's 4 s, so it serves 1/4 per second.
  const tiny::World world(tiny::chain({640, 64, 4}), tiny::mesh({"pi", "pc"}, 64), {{0, 4, 4}, {0, 3, 3}});
  Problem problem = tiny::problem(world);
  problem.rate_hz = 0.125;
  CHECK(dads(problem).stages == std::vector<Stage>{{0, 1, 2}});
  CHECK(dads(problem).why == "Light load: the cheapest cut of the DAG serves 0.125 requests/s. A request needs 8 s.");
  problem.rate_hz = 0.126;
  CHECK(dads(problem).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 2}});
  CHECK(dads(problem).bottleneck.si() == 4);
  CHECK(dads(problem).why ==
        "Heavy load: the fastest plan for one request, pi[1-2], serves only 0.125 requests/s. stage 1 on pi takes 4 s "
        "of every request.");
}

TEST_CASE("exits are met in their order, whatever the cut") {
  // Without the rule, 1 (with exit1) would go and 2 (with exit2) stay.
  const LayerGraph graph = tiny::dag({{{}, 4}, {{0}, 4}, {{0}, 4}, {{1, 2}, 4}}, {1, 2});
  const tiny::World world(graph, tiny::mesh({"pi", "pc"}, 1e9), {{0, 9, 1, 9}, {0, 1, 9, 1}});
  const Plan plan = dads(tiny::problem(world));
  CHECK_NOTHROW(check_plan(plan, world.graph, world.platform, 0));
  CHECK(plan.stages.back().holds(2));
}

}  // namespace
}  // namespace twinfer
