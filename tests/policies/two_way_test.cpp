// local, remote and split:K over one world:
//
//   layer          1     2     3        output      input 1024 B, then 512, 256, 4 B
//   on pi          2     3     1   s
//   on pc        1/4   1/2   1/8   s    link        256 B/s, 1/2 s; result of 256 B: 1 1/2 s
//
//   K = 0   4.5 hop + 0.875 pc + 1.5 result           = 6.875
//   K = 1   2 pi + 2.5 hop + 0.625 pc + 1.5 result    = 6.625
//   K = 2   5 pi + 1.5 hop + 0.125 pc + 1.5 result    = 8.125
//   K = 3   6 pi                                      = 6
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

Plan plan_by(const std::string& policy, const tiny::World& world) {
  return make_partition_policy(policy)->plan(tiny::problem(world));
}

struct TwoDevices {
  const tiny::World world{
      tiny::chain({1024, 512, 256, 4}), tiny::mesh({"pi", "pc"}, 256, 0.5), {{0, 2, 3, 1}, {0, 0.25, 0.5, 0.125}}};
};

TEST_CASE_FIXTURE(TwoDevices, "local runs every layer on the source and sends nothing") {
  const Plan plan = plan_by("local", world);
  CHECK(plan.policy == "local");
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 3}});
  CHECK(plan.predicted_latency.si() == 6);
  CHECK(plan.bottleneck.si() == 6);
  CHECK(plan.bottleneck_at == "stage 1 on pi");
  CHECK(plan.objective == "latency of one request alone");
  CHECK(plan.why == "All 3 layers stay on pi, which alone needs 6 s for a request.");
}

TEST_CASE_FIXTURE(TwoDevices, "remote ships the input and runs every layer on the target") {
  const Plan plan = plan_by("remote", world);
  CHECK(plan.policy == "remote");
  CHECK(plan.stages == std::vector<Stage>{{1, 1, 3}});
  CHECK(plan.predicted_latency.si() == 6.875);
  CHECK(plan.bottleneck.si() == 4);  // latency holds nothing
  CHECK(plan.bottleneck_at == "hop pi -> pc");
  CHECK(plan.why == "The input of 1024 B goes to pc, which runs all 3 layers; a request needs 6.875 s.");
}

TEST_CASE_FIXTURE(TwoDevices, "split:K cuts right after layer K") {
  const Plan plan = plan_by("split:2", world);
  CHECK(plan.policy == "split:2");
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 2}, {1, 3, 3}});
  CHECK(plan.predicted_latency.si() == 8.125);
  CHECK(plan.bottleneck.si() == 5);
  CHECK(plan.bottleneck_at == "stage 1 on pi");
  CHECK(plan.why == "Asked to split after layer 2 (l2), where 256 B cross; a request needs 8.125 s.");
}

TEST_CASE_FIXTURE(TwoDevices, "split:0 is remote and a split after the last layer is local") {
  CHECK(plan_by("split:0", world).stages == plan_by("remote", world).stages);
  CHECK(plan_by("split:3", world).stages == plan_by("local", world).stages);
}

TEST_CASE_FIXTURE(TwoDevices, "a split behind the last layer is refused with the range") {
  CHECK_THROWS_WITH_AS(plan_by("split:4", world), "policy: `split:4`: tiny can be split after layers 0 to 3",
                       InputError);
}

TEST_CASE_FIXTURE(TwoDevices, "the obvious alternatives stand beside a split, best first, each once") {
  const Plan plan = plan_by("split:1", world);
  REQUIRE(plan.candidates.size() == 3);
  CHECK(plan.candidates[0].description == "pi[1-3]");
  CHECK(plan.candidates[0].cost.si() == 6);
  CHECK(plan.candidates[1].description == "pi[1-1] pc[2-3]");
  CHECK(plan.candidates[1].cost.si() == 6.625);
  CHECK(plan.candidates[2].description == "pc[1-3]");
  CHECK(plan.candidates[2].cost.si() == 6.875);

  const Plan local = plan_by("local", world);
  REQUIRE(local.candidates.size() == 2);
  CHECK(local.candidates[1].description == "pc[1-3]");
}

TEST_CASE("active heads are charged where their layer runs") {
  // Head after layer 1 takes 1/4 s on pi and 1/16 s on pc: 6 + 0.25, and 6.875 + 0.0625.
  const tiny::World world(tiny::chain({1024, 512, 256, 4}, {1}), tiny::mesh({"pi", "pc"}, 256, 0.5),
                          {{0, 2, 3, 1}, {0, 0.25, 0.5, 0.125}}, {{0.25}, {0.0625}});
  CHECK(plan_by("local", world).predicted_latency.si() == 6.25);
  CHECK(plan_by("remote", world).predicted_latency.si() == 6.9375);
  CHECK(plan_by("split:1", world).predicted_latency.si() == 6.875);
}

TEST_CASE("remote over a missing route is refused") {
  const tiny::World world(tiny::chain({8, 8}), tiny::network({"pi", "pc"}, {}), {{0, 1}, {0, 1}});
  CHECK_THROWS_WITH_AS(plan_by("remote", world), "tiny.xml: route: `pi -> pc`: is missing; policy remote needs it",
                       InputError);
}

TEST_CASE("a device without memory for the parameters is no alternative") {
  Platform platform = tiny::mesh({"pi", "pc"}, 256);
  platform.devices[0].memory = Bytes(99);
  const tiny::World world(tiny::dag({{{}, 4}, {{0}, 4, 100}}), platform, {{0, 1}, {0, 1}});
  CHECK_THROWS_WITH_AS(plan_by("local", world), "plan: local, device pi: `100 B`: parameters exceed its memory of 99 B",
                       InputError);
  CHECK(plan_by("remote", world).candidates.size() == 1);
}

}  // namespace
}  // namespace twinfer
