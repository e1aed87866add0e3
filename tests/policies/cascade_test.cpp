#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

// Six layers, heads after layers 1, 3 and 4: units 1, 2-3, 4, 5-6.
struct FourUnits {
  Plan cascade(std::size_t devices, const std::vector<ExitId>& active) const {
    std::vector<std::string> names;
    for (std::size_t d = 0; d < devices; ++d) names.push_back("d" + std::to_string(d));
    const tiny::World world(tiny::chain({4, 4, 4, 4, 4, 4, 4}, {1, 3, 4}), tiny::mesh(names, 256),
                            std::vector(devices, std::vector<double>{0, 1, 1, 1, 1, 1, 1}));
    Problem problem = tiny::problem(world);
    problem.active_heads = active;
    return make_partition_policy("cascade")->plan(problem);
  }
};

TEST_CASE_FIXTURE(FourUnits, "each unit of a cascade stands on the next device") {
  const Plan plan = cascade(4, {0, 1, 2});
  CHECK(plan.policy == "cascade");
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}, {2, 4, 4}, {3, 5, 6}});
}

TEST_CASE_FIXTURE(FourUnits, "with more units than devices the last device takes the rest") {
  CHECK(cascade(2, {0, 1, 2}).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 6}});
  CHECK(cascade(3, {0, 1, 2}).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}, {2, 4, 6}});
  CHECK(cascade(1, {0, 1, 2}).stages == std::vector<Stage>{{0, 1, 6}});
}

TEST_CASE_FIXTURE(FourUnits, "with fewer units than devices the first devices are used") {
  CHECK(cascade(6, {0, 1, 2}).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}, {2, 4, 4}, {3, 5, 6}});
}

TEST_CASE_FIXTURE(FourUnits, "only an active head ends a unit") {
  CHECK(cascade(4, {1}).stages == std::vector<Stage>{{0, 1, 3}, {1, 4, 6}});
  CHECK(cascade(4, {0}).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 6}});
}

TEST_CASE_FIXTURE(FourUnits, "with exits off a cascade keeps a unit a head") {
  CHECK(cascade(4, {}).stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 3}, {2, 4, 4}, {3, 5, 6}});
}

TEST_CASE_FIXTURE(FourUnits, "a cascade says what it made of the exits") {
  // 4 hops of 4 B (the first stays on d0), 3 heads for nothing, 6 layers, and the
  // result of 256 B: 3/64 + 6 + 1 s. The heads take no time here.
  const Plan plan = cascade(4, {0, 1, 2});
  CHECK(plan.predicted_latency.si() == 7.046875);
  CHECK(plan.objective == "one unit a device, in the order of the exits");
  CHECK(plan.why ==
        "3 exits make 4 units, which stand on the first 4 of 4 devices; a request that takes no exit needs "
        "7.047 s.");
  REQUIRE(plan.candidates.size() == 1);
  CHECK(plan.candidates[0].description == "d0[1-1] d1[2-3] d2[4-4] d3[5-6]");
  CHECK(plan.candidates[0].cost == plan.predicted_latency);
}

TEST_CASE("a cascade needs a chain") {
  const tiny::World world(tiny::chain({4, 4}), tiny::mesh({"a"}, 256), {{0, 1}});
  Problem problem = tiny::problem(world);
  problem.chain.clear();
  CHECK_THROWS_WITH_AS(make_partition_policy("cascade")->plan(problem),
                       "chain: policy cascade needs at least one device in it", InputError);
}

}  // namespace
}  // namespace twinfer
