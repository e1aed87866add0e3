#include "policies/sensitivity.h"

#include <doctest/doctest.h>

#include "policies/partition_policy.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

Plan plan_of(const Scenario& scenario, const std::string& policy) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  return make_plan(scenario, cost, policy);
}

// 8 s here; there (512 + 256) B over the wire and 2 s: at 128 B/s 6 + 2 = 8 s too.
TEST_CASE("the turn of a two-device decision is where both sides cost the same") {
  tiny::World world(tiny::chain({512, 4}), tiny::mesh({"pi", "pc"}, 64), {{0, 8}, {0, 2}});
  const Scenario slow = tiny::scenario(world);
  const Sensitivity sensitivity = bandwidth_sensitivity(slow, plan_of(slow, "neurosurgeon"));
  CHECK_FALSE(sensitivity.below.has_value());
  REQUIRE(sensitivity.above.has_value());
  CHECK(sensitivity.above->factor == doctest::Approx(2).epsilon(0.02));
  CHECK(sensitivity.above->stages == std::vector<Stage>{{1, 1, 1}});
}

TEST_CASE("a policy that does not look at the network has no turn") {
  tiny::World world(tiny::chain({512, 4}), tiny::mesh({"pi", "pc"}, 64), {{0, 8}, {0, 2}});
  const Scenario scenario = tiny::scenario(world);
  const Sensitivity sensitivity = bandwidth_sensitivity(scenario, plan_of(scenario, "local"));
  CHECK_FALSE(sensitivity.below.has_value());
  CHECK_FALSE(sensitivity.above.has_value());
}

// All here serves 1/8 requests per second (tests/policies/dads_test.cpp).
TEST_CASE("the turn of dads over the load is where its light plan is overrun") {
  tiny::World world(tiny::chain({640, 64, 4}), tiny::mesh({"pi", "pc"}, 64), {{0, 4, 4}, {0, 3, 3}});
  Scenario scenario = tiny::scenario(world);
  scenario.arrivals = {ArrivalProcess::kPoisson, 0.05};
  const Sensitivity sensitivity = load_sensitivity(scenario, plan_of(scenario, "dads"));
  REQUIRE(sensitivity.above.has_value());
  CHECK(sensitivity.above->factor == doctest::Approx(2.5).epsilon(0.02));
  CHECK_FALSE(sensitivity.below.has_value());
}

}  // namespace
}  // namespace twinfer
