#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

Plan plan_by(const char* policy, const Problem& problem) { return make_partition_policy(policy)->plan(problem); }

// Layers of 4, 8 and 4 s on pi, 1/8 of it on pc; 64 B/s; results of 256 B take 4 s.
struct ThereAndBack {
  tiny::World world{tiny::chain({256, 64, 64, 4}), tiny::mesh({"pi", "pc"}, 64), {{0, 4, 8, 4}, {0, 0.5, 1, 0.5}}};
  Problem problem = tiny::problem(world);
};

TEST_CASE_FIXTURE(ThereAndBack, "exact-latency may come back to a device where that is fastest") {
  // there and back: 4 + 1 + 1 + 1 + 4 = 11. Cut after 1: 4 + 1 + 1.5 + 4 = 10.5
  // all there: 4 + 2 + 4 = 10; all here: 16
  CHECK(plan_by("exact-latency", problem).stages == std::vector<Stage>{{1, 1, 3}});
  // With the result's way as long as 16 s it pays to come back: 4 + 1 + 1 + 1 + 4 = 11
  world.platform.links[0].bandwidth = BytesPerSecond(64);
  world.platform.links.push_back({"slow", BytesPerSecond(16), Seconds(0)});
  const tiny::World slow(tiny::chain({256, 16, 16, 4}), tiny::mesh({"pi", "pc"}, 16), {{0, 4, 8, 4}, {0, 0.5, 1, 0.5}});
  const Plan plan = plan_by("exact-latency", tiny::problem(slow));
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 2}, {0, 3, 3}});
  CHECK(plan.predicted_latency.si() == 4 + 1 + 1 + 1 + 4);
  CHECK(plan.candidates[1].description == "pi[1-3]");
  CHECK(plan.why ==
        "No assignment of consecutive layers to devices is faster: a request needs 11 s; next comes pi[1-3], 5 s "
        "slower.");
}

TEST_CASE_FIXTURE(ThereAndBack, "constraints and memory bound where layers stand") {
  problem.constraints = {{2, 0, true}};
  CHECK(plan_by("exact-latency", problem).stages == std::vector<Stage>{{0, 1, 3}});
  CHECK(plan_by("exhaustive", problem).stages == std::vector<Stage>{{0, 1, 3}});
  CHECK(plan_by("papdl", problem).stages == std::vector<Stage>{{0, 1, 3}});
  CHECK(plan_by("exact-throughput", problem).stages.front().devices == std::vector<DeviceId>{0});
  problem.constraints.push_back({2, 1, true});
  for (const char* policy : {"exact-latency", "papdl"}) {
    const std::string message =
        std::string("policy: `") + policy + "`: no plan has its routes, fits the memory and keeps the constraints";
    CHECK_THROWS_WITH_AS(plan_by(policy, problem), message.c_str(), InputError);
  }
}

TEST_CASE("memory that fits no plan is refused by every planner that searches") {
  tiny::World world(tiny::dag({{{}, 64}, {{0}, 64, 100}, {{1}, 4, 100}}), tiny::mesh({"pi", "pc"}, 64),
                    {{0, 1, 1}, {0, 1, 1}});
  for (Device& device : world.platform.devices) device.memory = Bytes(99);
  const Problem problem = tiny::problem(world);
  for (const char* policy : {"exact-latency", "exact-throughput", "papdl", "exhaustive", "dads", "das"}) {
    CAPTURE(policy);
    CHECK_THROWS_AS(plan_by(policy, problem), InputError);
  }
  world.platform.devices[1].memory = Bytes(100);
  world.platform.devices[0].memory = Bytes(100);
  CHECK(plan_by("exact-latency", problem).stages.size() == 2);  // one layer each
}

TEST_CASE("what cannot be weighed one by one is refused") {
  const std::vector<double> bytes(25, 4.0);
  const std::vector<double> seconds(25, 0.0);
  const tiny::World world(tiny::chain(bytes), tiny::mesh({"a", "b", "c"}, 1), {seconds, seconds, seconds});
  CHECK_THROWS_WITH_AS(plan_by("exhaustive", tiny::problem(world)),
                       "policy: `exhaustive`: 24 layers on 3 devices make 2.82e+11 plans; at most 300000 are weighed "
                       "one by one",
                       InputError);
  const std::vector<double> long_bytes(501, 4.0);
  const std::vector<double> long_seconds(501, 0.0);
  const tiny::World chain(tiny::chain(long_bytes), tiny::mesh({"a", "b", "c", "d"}, 1),
                          {long_seconds, long_seconds, long_seconds, long_seconds});
  CHECK_THROWS_WITH_AS(plan_by("das", tiny::problem(chain)),
                       "policy: `das`: 500 layers on 4 devices make 2.11e+07 splits; at most 2e+07 are weighed one by "
                       "one",
                       InputError);
}

}  // namespace
}  // namespace twinfer
