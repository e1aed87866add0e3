#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

Plan plan_by(const std::string& policy, const Problem& problem) { return make_partition_policy(policy)->plan(problem); }

// Two equal devices, four layers of 1 s, 256 B/s; result of 256 B: 1 s. Ten frames.
//   LBC       cut after 2, 4096 B, 16 s       2 + 16 + 2 + 1 + 9 x 16 = 165
//   cut 0     input, 256 B, 1 s               1 + 4 + 1     + 9 x 4  = 42
//   cut 1     256 B, 1 s                      1 + 1 + 3 + 1 + 9 x 3  = 33   <- best
//   cut 3     512 B, 2 s                      3 + 2 + 1 + 1 + 9 x 3  = 34
//   cut 4     nothing crosses, no result hop  4             + 9 x 4  = 40
TEST_CASE("nsc moves the cut away from a large tensor") {
  const tiny::World world(tiny::chain({256, 256, 4096, 512, 4}), tiny::mesh({"a", "b"}, 256),
                          {{0, 1, 1, 1, 1}, {0, 1, 1, 1, 1}});
  const Plan plan = plan_by("nsc", tiny::problem(world, 10));

  CHECK(plan.policy == "nsc");
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 4}});
  CHECK(plan.predicted_latency.si() == 6);
  CHECK(plan.bottleneck.si() == 3);
  CHECK(plan.objective == "time until the last of 10 requests is back");
  CHECK(plan.why ==
        "The last of 10 requests is back after 33 s, with LBC's plan after 165 s; stage 2 on b takes 3 s of every "
        "request.");
  REQUIRE(plan.candidates.size() == 3);
  CHECK(plan.candidates[0].description == "a[1-1] b[2-4]");
  CHECK(plan.candidates[0].cost.si() == 33);
  CHECK(plan.candidates[1].description == "a[1-3] b[4-4]");
  CHECK(plan.candidates[1].cost.si() == 34);
  CHECK(plan.candidates[2].description == "a[1-2] b[3-4]");
  CHECK(plan.candidates[2].cost.si() == 165);
}

TEST_CASE("of equally good cuts nsc takes the earliest") {
  // As above with 256 B after layer 3: cut 3 costs 3 + 1 + 1 + 1 + 9 x 3 = 33, as cut 1 does.
  const tiny::World world(tiny::chain({256, 256, 4096, 256, 4}), tiny::mesh({"a", "b"}, 256),
                          {{0, 1, 1, 1, 1}, {0, 1, 1, 1, 1}});
  const Plan plan = plan_by("nsc", tiny::problem(world, 10));
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 4}});
  CHECK(plan.candidates[1].description == "a[1-3] b[4-4]");
  CHECK(plan.candidates[1].cost.si() == 33);
}

TEST_CASE("nsc leaves a plan that is only equalled") {
  // Layer 2 takes no time: cuts after 1 and after 2 both cost 2 + 1 + 2 + 1 + 9 x 2. LBC takes the earlier.
  const tiny::World world(tiny::chain({2048, 256, 256, 4}), tiny::mesh({"a", "b"}, 256), {{0, 2, 0, 2}, {0, 2, 0, 2}});
  const Plan plan = plan_by("nsc", tiny::problem(world, 10));
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}});
  CHECK(plan.why ==
        "The last of 10 requests is back after 24 s, and moving a single cut of LBC's plan makes it no sooner; "
        "stage 1 on a takes 2 s of every request.");
}

TEST_CASE("nsc empties the first device where its cut is too large, of equals the earliest cut") {
  // LBC cuts after layer 1: 2 + 8 + 1 + 1 = 12. All on b: 1 + 2 + 1 = 4; all on a: 4.
  const tiny::World world(tiny::chain({256, 2048, 4}), tiny::mesh({"a", "b"}, 256), {{0, 2, 2}, {0, 1, 1}});
  CHECK(plan_by("lbc", tiny::problem(world)).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 2}});
  const Plan plan = plan_by("nsc", tiny::problem(world));
  CHECK(plan.stages == std::vector<Stage>{{1, 1, 2}});
  CHECK(plan.predicted_latency.si() == 4);
}

TEST_CASE("past an emptied device the tensor goes directly and pays its route in full") {
  // One frame, three equal devices, 4 s per cut. LBC: 1 + 4 + 1 + 4 + 1 + 1 = 12.
  // Without b: 2 on a, 4 from a to c, 1 on c, 1 result = 8; no single cut improves on it.
  const tiny::World world(tiny::chain({256, 1024, 1024, 4}), tiny::mesh({"a", "b", "c"}, 256),
                          {{0, 1, 1, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}});
  const Plan plan = plan_by("nsc", tiny::problem(world));
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 2}, {2, 3, 3}});
  CHECK(plan.predicted_latency.si() == 8);
  CHECK(plan.candidates[0].cost.si() == 8);
}

TEST_CASE("nsc goes on to the next hop once the busiest is mended") {
  // Three equal devices, six layers of 1 s, ten frames; a-c is slow (64 B/s): result 4 s.
  //   LBC cuts after 2 (16 s) and 4 (8 s)      2 + 16 + 2 + 8 + 2 + 4 + 9 x 16 = 178
  //   first cut to 0                           1 + 4 + 8 + 2 + 4      + 9 x 8  = 91
  //   second cut to 3                          1 + 3 + 1 + 3 + 4      + 9 x 4  = 48
  // With the hop times of LBC's plan the search would try the first cut again and stop at 91.
  const tiny::World world(tiny::chain({256, 256, 4096, 256, 2048, 256, 4}),
                          tiny::network({"a", "b", "c"}, {{0, 1, 256}, {1, 2, 256}, {0, 2, 64}}),
                          {{0, 1, 1, 1, 1, 1, 1}, {0, 1, 1, 1, 1, 1, 1}, {0, 1, 1, 1, 1, 1, 1}});
  const Plan plan = plan_by("nsc", tiny::problem(world, 10));
  CHECK(plan.stages == std::vector<Stage>{{1, 1, 3}, {2, 4, 6}});
  CHECK(plan.candidates.front().cost.si() == 48);
  CHECK(plan.candidates.back().cost.si() == 178);
}

TEST_CASE("nsc moves the cut of the busiest hop first") {
  // Devices and links as above.
  //   LBC cuts after 2 (8 s) and 4 (16 s)      2 + 8 + 2 + 16 + 2 + 4 + 9 x 16 = 178
  //   second cut to 6, result from b           2 + 8 + 4 + 1          + 9 x 8  = 87
  //   first cut to 3                           3 + 1 + 3 + 1          + 9 x 3  = 35
  // The other order begins with the first cut at 0: 171.
  const tiny::World world(tiny::chain({256, 256, 2048, 256, 4096, 256, 4}),
                          tiny::network({"a", "b", "c"}, {{0, 1, 256}, {1, 2, 256}, {0, 2, 64}}),
                          {{0, 1, 1, 1, 1, 1, 1}, {0, 1, 1, 1, 1, 1, 1}, {0, 1, 1, 1, 1, 1, 1}});
  const Plan plan = plan_by("nsc", tiny::problem(world, 10));
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 3}, {1, 4, 6}});
  CHECK(plan.candidates.front().cost.si() == 35);
  const auto step = std::ranges::find(plan.candidates, "a[1-2] b[3-6]", &Candidate::description);
  REQUIRE(step != plan.candidates.end());
  CHECK(step->cost.si() == 87);
}

TEST_CASE("a longer stream is cut for its bottleneck, a single request for its latency") {
  // One frame: all on a, 4 s. A hundred: 1 + 1 + 3 + 1 + 99 x 3 beats 4 + 99 x 4.
  const tiny::World world(tiny::chain({256, 256, 4096, 512, 4}), tiny::mesh({"a", "b"}, 256),
                          {{0, 1, 1, 1, 1}, {0, 1, 1, 1, 1}});
  CHECK(plan_by("nsc", tiny::problem(world, 1)).stages == std::vector<Stage>{{0, 1, 4}});
  CHECK(plan_by("nsc", tiny::problem(world, 100)).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 4}});
}

TEST_CASE("nsc finds its way from an LBC plan that the platform cannot carry") {
  // b is too slow for a layer, and a and c have no route: a[1] c[2] cannot run.
  const tiny::World world(tiny::chain({4, 4, 4}), tiny::network({"a", "b", "c"}, {{0, 1, 256}, {1, 2, 256}}),
                          {{0, 1, 1}, {0, 64, 64}, {0, 1, 1}});
  const Plan plan = plan_by("nsc", tiny::problem(world));
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 2}});
  CHECK(plan.candidates.front().description == "a[1-2]");
  CHECK(plan.why ==
        "The last of 1 requests is back after 2 s; the platform cannot carry LBC's plan; "
        "stage 1 on a takes 2 s of every request.");
}

TEST_CASE("where no neighbour can be carried nsc names what LBC's plan lacks") {
  Platform platform = tiny::mesh({"a"}, 256);
  platform.devices[0].memory = Bytes(1);
  const tiny::World world(tiny::dag({{{}, 4}, {{0}, 4, 2}}), platform, {{0, 1}});
  CHECK_THROWS_WITH_AS(plan_by("nsc", tiny::problem(world)),
                       "plan: nsc, device a: `2 B`: parameters exceed its memory of 1 B", InputError);
}

TEST_CASE("nsc needs a chain") {
  const tiny::World world(tiny::chain({4, 4}), tiny::mesh({"a"}, 256), {{0, 1}});
  Problem problem = tiny::problem(world);
  problem.chain.clear();
  CHECK_THROWS_WITH_AS(plan_by("nsc", problem), "chain: policy nsc needs at least one device in it", InputError);
}

TEST_CASE("nsc lies between the optimum and lbc on random graphs, and states its true makespan") {
  std::mt19937_64 random(3);
  int better_than_lbc = 0;
  int optimal = 0;
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) {
    const LayerGraph graph = tiny::random_graph(random, tiny::draw(random, 1, 8));
    const Platform platform = tiny::random_platform(random, tiny::draw(random, 1, 4));
    const tiny::World world(graph, platform, tiny::random_profiles(random, graph, platform));
    const Problem problem = tiny::problem(world, tiny::draw(random, 1, 12));

    Seconds optimum = tiny::naive_makespan(problem, {{0, 1, graph.last()}});
    for (const auto& stages : tiny::all_chain_layouts(graph, problem.chain))
      optimum = std::min(optimum, tiny::naive_makespan(problem, stages));
    const Seconds lbc = tiny::naive_makespan(problem, plan_by("lbc", problem).stages);
    const Plan plan = plan_by("nsc", problem);
    const Seconds nsc = tiny::naive_makespan(problem, plan.stages);

    REQUIRE(nsc <= lbc);
    REQUIRE(nsc >= optimum);
    REQUIRE(plan.candidates.front().cost == nsc);
    better_than_lbc += nsc < lbc;
    optimal += nsc == optimum;
  }
  CHECK(better_than_lbc > kRounds / 2);
  CHECK(optimal > kRounds / 2);
}

}  // namespace
}  // namespace twinfer
