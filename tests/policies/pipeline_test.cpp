#include "policies/pipeline.h"

#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "policies/plan_building.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

TEST_CASE("every sender, wire and stage is one resource of the pipeline") {
  // 256 B/s, 1/2 s; encode 1/8, decode 1/16, overhead 1/32 s; head after layer 1: 1/4 s on a.
  //   hop a -> a    1/8 + 1/32 = 0.15625, 0             a    1/16 + 2 + 1/4 = 2.3125
  //   hop a -> b    1/8 + 1/32 = 0.15625, 512/256 = 2   b    1/16 + 3 + 4   = 7.0625
  //   result        1/32       = 0.03125, 256/256 = 1
  // Behind the wires to b and back lags the link's half a second.
  const tiny::World world(tiny::chain({1024, 512, 64, 4}, {1}), tiny::mesh({"a", "b"}, 256, 0.5),
                          {{0, 2, 9, 9}, {0, 9, 3, 4}}, {{0.25}, {9}},
                          {.encode_s = 0.125, .decode_s = 0.0625, .overhead_s = 0.03125});
  const PipelineCosts costs = pipeline_costs(tiny::problem(world), full_cuts(world.graph), {{0, 1, 1}, {1, 2, 3}});
  const std::vector<Seconds> expected{Seconds(0.15625), Seconds(0),      Seconds(2.3125),  Seconds(0.15625),
                                      Seconds(2),       Seconds(7.0625), Seconds(0.03125), Seconds(1)};
  CHECK(costs.first == expected);
  CHECK(costs.following == expected);
  CHECK(costs.lags == std::vector<Seconds>{Seconds(0), Seconds(0), Seconds(0), Seconds(0), Seconds(0.5), Seconds(0),
                                           Seconds(0), Seconds(0.5)});
}

TEST_CASE("the first frame may be larger than the following ones") {
  // 256 B/s: the cut after layer 1 is 512 B at first, 2 s, then 128 B, 1/2 s.
  const tiny::World world(tiny::chain({256, 512, 4}), tiny::mesh({"a", "b"}, 256), {{0, 1, 1}, {0, 1, 1}});
  StreamCuts cuts = full_cuts(world.graph);
  cuts.following[1].bytes = Bytes(128);
  const Problem problem = tiny::problem(world, 3);
  const PipelineCosts costs = pipeline_costs(problem, cuts, {{0, 1, 1}, {1, 2, 2}});
  CHECK(costs.first[4].si() == 2);
  CHECK(costs.following[4].si() == 0.5);
  // Frame 0: a 1, hop 3, b 4, result 5. Frame 1: a 2, hop 3.5, b 5, result 6. Frame 2: 7.
  CHECK(flow_shop_makespan(costs, problem.frames).si() == 7);
}

TEST_CASE("an empty device of a chain has no stage") {
  CHECK(chain_stages({4, 5, 6}, {2, 2, 3}) == std::vector<Stage>{{4, 1, 2}, {6, 3, 3}});
  CHECK(chain_stages({4, 5, 6}, {0, 3, 3}) == std::vector<Stage>{{5, 1, 3}});
}

TEST_CASE("the resources of a pipeline add up to the predicted latency on random graphs") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 100; ++round) {
    const LayerGraph graph = tiny::random_graph(random, tiny::draw(random, 1, 5));
    const Platform platform = tiny::random_platform(random, 3);
    const tiny::World world(graph, platform, tiny::random_profiles(random, graph, platform));
    const Problem problem = tiny::problem(world);
    for (const auto& stages : tiny::all_chain_layouts(graph, problem.chain)) {
      const PipelineCosts costs = pipeline_costs(problem, full_cuts(graph), stages);
      REQUIRE(flow_shop_makespan(costs, 1) == plan_cost(world.cost, stages, 0, problem.active_heads).latency);
    }
  }
}

}  // namespace
}  // namespace twinfer
