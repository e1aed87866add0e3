#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/random_world.h"

namespace twinfer {
namespace {

Plan das(const Problem& problem) { return make_partition_policy("das")->plan(problem); }

// The makespan of one group of three frames over an idle chain, for every split.
Seconds least_group(const Problem& problem) {
  Problem group = problem;
  group.frames = 3;
  Seconds least(std::numeric_limits<double>::infinity());
  for (const std::vector<Stage>& stages : tiny::all_chain_layouts(problem.cost.graph(), problem.chain))
    if (is_feasible(stages, problem.cost.graph(), problem.cost.platform(), problem.source))
      least = std::min(least, tiny::naive_makespan(group, stages));
  return least;
}

TEST_CASE("das gives a stream of one group the split that ends it first, on random worlds") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    const std::size_t layers = tiny::draw(random, 1, 7);
    const tiny::World world = tiny::random_world(random, layers, tiny::draw(random, 1, 4));
    const Problem problem = tiny::problem(world, 3);
    REQUIRE(tiny::naive_makespan(problem, das(problem).stages) == least_group(problem));
  }
}

// When each connection and executor is free again, by device.
struct Resources {
  std::map<DeviceId, double> sender_s, wire_s, executor_s, result_sender_s, result_wire_s;
};

// Sends three frames through; returns when the last is back.
double send_group(const Problem& problem, const std::vector<Stage>& stages, Resources& free) {
  const PlanCost cost = plan_cost(problem.cost, stages, problem.source, problem.active_heads);
  double back_s = 0;
  for (int frame = 0; frame < 3; ++frame) {
    double at_s = 0;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      double& sender_s = free.sender_s[stages[i].devices.front()];
      double& wire_s = free.wire_s[stages[i].devices.front()];
      double& executor_s = free.executor_s[stages[i].devices.front()];
      sender_s = std::max(sender_s, at_s) + cost.hops[i].preparing().si();
      wire_s = std::max(wire_s, sender_s) + cost.hops[i].transmit.si();
      executor_s = at_s = std::max(executor_s, wire_s + cost.hops[i].lag().si()) + cost.computes[i].si();
    }
    double& sender_s = free.result_sender_s[stages.back().devices.front()];
    double& wire_s = free.result_wire_s[stages.back().devices.front()];
    sender_s = std::max(sender_s, at_s) + cost.result.preparing().si();
    wire_s = std::max(wire_s, sender_s) + cost.result.transmit.si();
    back_s = wire_s + cost.result.lag().si();
  }
  return back_s;
}

TEST_CASE("das gives a longer stream the split that most groups get, each behind the one before") {
  std::mt19937_64 random(12);
  for (int round = 0; round < 100; ++round) {
    const std::size_t layers = tiny::draw(random, 1, 5);
    const tiny::World world = tiny::random_world(random, layers, tiny::draw(random, 1, 3));
    const Problem problem = tiny::problem(world, 12);
    Resources free;
    std::map<std::string, int> groups;
    int most = 0;
    for (int group = 0; group < 4; ++group) {
      double first_s = std::numeric_limits<double>::infinity();
      std::vector<Stage> best;
      for (const std::vector<Stage>& stages : tiny::all_chain_layouts(world.graph, problem.chain)) {
        Resources trial = free;
        const double back_s = send_group(problem, stages, trial);
        if (back_s >= first_s) continue;
        first_s = back_s;
        best = stages;
      }
      send_group(problem, best, free);
      most = std::max(most, ++groups[describe(best, world.platform)]);
    }
    const Plan plan = das(problem);
    REQUIRE(groups[describe(plan.stages, world.platform)] == most);
    REQUIRE(plan.objective == "time until the last frame of each group of 3 is back");
  }
}

}  // namespace
}  // namespace twinfer
