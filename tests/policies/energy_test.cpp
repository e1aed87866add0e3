#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

// Layers of 4, 8 and 4 s on pi, which takes 1 W for them, 1/8 of that on pc, at 16 W.
// 64 B/s at 1 W between them: the input takes 4 s and J, a tensor 1, the result 4.
struct ThereAndBack {
  ThereAndBack() {
    world.platform.devices[0].power = DevicePower{Watts(2), Watts(2), Watts(6)};
    world.platform.devices[1].power = DevicePower{Watts(10), Watts(10), Watts(74)};
    world.platform.links[0].power = LinkPower{Watts(0), Watts(1)};
    problem.deadline = Seconds(100);
  }
  Plan plan() const { return make_partition_policy("energy")->plan(problem); }

  tiny::World world{tiny::chain({256, 64, 64, 4}), tiny::mesh({"pi", "pc"}, 64), {{0, 4, 8, 4}, {0, 0.5, 1, 0.5}}};
  Problem problem = tiny::problem(world);
};

TEST_CASE_FIXTURE(ThereAndBack, "energy takes the plan that needs least where the deadline allows it") {
  // all here 16 s and J; all there 4 + 2 + 4 = 10 s and 4 + 32 + 4 = 40 J
  const Plan plan = this->plan();
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 3}});
  CHECK(plan.objective == "energy of one request that keeps the deadline");
  CHECK(plan.why ==
        "No plan that keeps 100 s needs less than 16 J; next comes pc[1-1] pi[2-3], 9 J more; the fastest, pc[1-3], "
        "needs 40 J and takes 10 s.");
}

TEST_CASE_FIXTURE(ThereAndBack, "energy buys the time that the deadline needs, and no more") {
  // One or two layers there, the result from there or not, s and J:
  //   pi pi pc  4 + 8 + 1 + 0.5 + 4 = 17.5  12 + 1 + 8 + 4 = 25
  //   pi pc pi  4 + 1 + 1 + 1 + 4 = 11      8 + 1 + 16 + 1 = 26
  //   pc pi pi  4 + 0.5 + 1 + 12 = 17.5     4 + 8 + 1 + 12 = 25
  //   pi pc pc  4 + 1 + 1.5 + 4 = 10.5      4 + 1 + 24 + 4 = 33
  //   pc pc pi  4 + 1.5 + 1 + 4 = 10.5      4 + 24 + 1 + 4 = 33
  const auto stages_within = [&](double seconds) {
    problem.deadline = Seconds(seconds);
    return plan().stages;
  };
  CHECK(stages_within(16) == std::vector<Stage>{{0, 1, 3}});
  CHECK(stages_within(15.9) == std::vector<Stage>{{0, 1, 1}, {1, 2, 2}, {0, 3, 3}});
  CHECK(stages_within(11) == std::vector<Stage>{{0, 1, 1}, {1, 2, 2}, {0, 3, 3}});
  problem.deadline = Seconds(10.9);
  CHECK(plan().predicted_latency.si() == 10.5);
  CHECK(stages_within(10) == std::vector<Stage>{{1, 1, 3}});
}

TEST_CASE_FIXTURE(ThereAndBack, "energy weighs the plans that leave its own at one point, in joules") {
  // By the sums above: 16 J, one layer moved to pc, and the fastest plan.
  using Costs = std::vector<std::pair<std::string, Cost>>;
  const auto candidates_within = [&](double seconds) {
    problem.deadline = Seconds(seconds);
    Costs costs;
    for (const Candidate& candidate : plan().candidates) costs.emplace_back(candidate.description, candidate.cost);
    return costs;
  };
  CHECK(candidates_within(100) == Costs{{"pi[1-3]", Joules(16)},
                                        {"pc[1-1] pi[2-3]", Joules(25)},
                                        {"pi[1-2] pc[3-3]", Joules(25)},
                                        {"pi[1-1] pc[2-2] pi[3-3]", Joules(26)},
                                        {"pc[1-3]", Joules(40)}});
  // After a start on pc only pc keeps 11 s, and nothing does after two layers on pi.
  CHECK(candidates_within(11) ==
        Costs{{"pi[1-1] pc[2-2] pi[3-3]", Joules(26)}, {"pi[1-1] pc[2-3]", Joules(33)}, {"pc[1-3]", Joules(40)}});
  CHECK(plan().why ==
        "No plan that keeps 11 s needs less than 26 J; next comes pi[1-1] pc[2-3], 7 J more; the fastest, pc[1-3], "
        "needs 40 J and takes 10 s.");
  world.platform.routes.erase({1, 0});
  CHECK(candidates_within(100) == Costs{{"pi[1-3]", Joules(16)}});
}

TEST_CASE_FIXTURE(ThereAndBack, "a deadline that no plan keeps is refused with the fastest plan") {
  problem.deadline = Seconds(9.5);
  CHECK_THROWS_WITH_AS(plan(), "deadline_s: `9.5`: no plan keeps it; the fastest, pc[1-3], takes 10 s", InputError);
}

TEST_CASE_FIXTURE(ThereAndBack, "energy without a deadline or without watts is refused") {
  problem.deadline.reset();
  CHECK_THROWS_WITH_AS(plan(), "deadline_s: is missing; policy energy keeps it, as the longest latency of a request",
                       InputError);
  problem.deadline = Seconds(100);
  world.platform.devices[1].power.reset();
  CHECK_THROWS_WITH_AS(plan(),
                       "tiny.xml: host pc, wattage_per_state: is missing; energy needs it, as IDLE:ALLCORES in watts",
                       InputError);
}

TEST_CASE_FIXTURE(ThereAndBack, "threads that keep more cores busy draw more") {
  // pi takes 4 W with four cores at work, pc 64 W: still pi.
  problem.threads = 4;
  CHECK(plan().why ==
        "No plan that keeps 100 s needs less than 64 J; next comes pc[1-1] pi[2-3], 21 J more; the fastest, pc[1-3], "
        "needs 136 J and takes 10 s.");
}

TEST_CASE_FIXTURE(ThereAndBack, "energy keeps constraints, and says where nothing does") {
  problem.constraints = {{2, 1, true}};
  CHECK(plan().stages == std::vector<Stage>{{0, 1, 1}, {1, 2, 2}, {0, 3, 3}});
  problem.constraints.push_back({2, 0, true});
  CHECK_THROWS_WITH_AS(plan(), "policy: `energy`: no plan has its routes, fits the memory and keeps the constraints",
                       InputError);
}

TEST_CASE("energy keeps the devices' memory") {
  tiny::World world(tiny::dag({{{}, 64}, {{0}, 64, 100}, {{1}, 4, 100}}), tiny::mesh({"pi", "pc"}, 64),
                    {{0, 1, 1}, {0, 1, 1}});
  for (Device& device : world.platform.devices) device.power = DevicePower{Watts(0), Watts(0), Watts(4)};
  world.platform.devices[0].memory = Bytes(150);
  Problem problem = tiny::problem(world);
  problem.deadline = Seconds(100);
  const Plan plan = make_partition_policy("energy")->plan(problem);
  CHECK(plan.stages.size() == 2);
  for (const Candidate& candidate : plan.candidates) CHECK(candidate.description != "pi[1-2]");
}

}  // namespace
}  // namespace twinfer
