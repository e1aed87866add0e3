#include "policies/pareto.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

// Two layers of 4 s each on pi, at 1 W, and of 2 s on pc, at 16 W; the input, the
// tensor and the result take 2 s between them, at 1 W.
struct TwoDevices {
  TwoDevices() {
    world.platform.devices[0].power = DevicePower{Watts(2), Watts(2), Watts(6)};
    world.platform.devices[1].power = DevicePower{Watts(10), Watts(10), Watts(74)};
    world.platform.links[0].power = LinkPower{Watts(0), Watts(1)};
  }
  std::vector<std::string> plans(const ParetoFront& front) const {
    std::vector<std::string> texts;
    for (const FrontPlan& plan : front.plans) texts.push_back(describe(plan.stages, world.platform));
    return texts;
  }

  tiny::World world{tiny::chain({256, 256, 4}), tiny::mesh({"pi", "pc"}, 128), {{0, 4, 4}, {0, 2, 2}}};
  Problem problem = tiny::problem(world);
};

TEST_CASE_FIXTURE(TwoDevices, "the front holds every plan that is best in something, fastest first") {
  // s of latency, s of bottleneck, J:
  //   pc pc  2 + 4 + 2 = 8    4   2 + 64 + 2 = 68
  //   pi pc  4 + 2 + 2 + 2 = 10   4   4 + 2 + 32 + 2 = 40
  //   pi pi  8                8   8, as fast as pc and cheaper, but with less throughput
  // `pc pi` is not along the chain.
  const ParetoFront front = pareto_front(problem);
  CHECK(front.no_energy.empty());
  CHECK(front.at_rest->si() == 12);
  CHECK(plans(front) == std::vector<std::string>{"pc[1-2]", "pi[1-2]", "pi[1-1] pc[2-2]"});
  CHECK(front.plans[0].latency.si() == 8);
  CHECK(front.plans[0].bottleneck.si() == 4);
  CHECK(front.plans[0].energy->si() == 68);
  CHECK(front.plans[1].bottleneck.si() == 8);
  CHECK(front.plans[1].energy->si() == 8);
  CHECK(front.plans[2].latency.si() == 10);
  CHECK(front.plans[2].energy->si() == 40);
}

TEST_CASE_FIXTURE(TwoDevices, "without watts the front is that of latency and throughput, and says why") {
  world.platform.devices[1].power.reset();
  const ParetoFront front = pareto_front(problem);
  CHECK(front.no_energy ==
        "tiny.xml: host pc, wattage_per_state: is missing; energy needs it, as IDLE:ALLCORES in watts");
  CHECK(plans(front) == std::vector<std::string>{"pc[1-2]"});
  CHECK_FALSE(front.plans[0].energy.has_value());
  CHECK_FALSE(front.at_rest.has_value());
  problem.chain = {0};  // pc takes no part
  CHECK(pareto_front(problem).at_rest->si() == 2);
  problem.source = 1;  // and now it does
  CHECK_FALSE(pareto_front(problem).at_rest.has_value());
}

TEST_CASE_FIXTURE(TwoDevices, "the front keeps to the chain, its order and the constraints") {
  problem.chain = {1, 0};
  CHECK(plans(pareto_front(problem)) == std::vector<std::string>{"pc[1-2]", "pi[1-2]", "pc[1-1] pi[2-2]"});
  problem.chain = {0};
  CHECK(plans(pareto_front(problem)) == std::vector<std::string>{"pi[1-2]"});
  problem.constraints = {{1, 0, false}};
  CHECK_THROWS_WITH_AS(pareto_front(problem),
                       "chain: no plan along it has its routes, fits the memory and keeps the constraints", InputError);
  problem.chain.clear();
  CHECK_THROWS_WITH_AS(pareto_front(problem), "chain: policy pareto needs at least one device in it", InputError);
}

}  // namespace
}  // namespace twinfer
