// Random worlds in which planning is hard, every plan of theirs, and the plan that a
// policy has: for planners that claim to be exact.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tests/support/random_world.h"

namespace twinfer {

using tiny::for_each_placement;

inline constexpr int kWorlds = 10'000;
inline constexpr double kMostPlans = 1'500;  // that one world is enumerated for

using Layouts = std::vector<std::vector<Stage>>;

// Up to 12 layers and 4 devices, not both: devices^layers plans are weighed.
inline LayerGraph graph_for(std::mt19937_64& random, std::size_t devices) {
  std::size_t most = 1;
  for (double plans = static_cast<double>(devices); plans * static_cast<double>(devices) <= kMostPlans && most < 12;
       plans *= static_cast<double>(devices))
    ++most;
  return tiny::random_graph(random, tiny::draw(random, 1, devices == 1 ? 12 : most));
}

// Some devices have little memory, some pairs no route, some links no end of bandwidth.
inline void harden(std::mt19937_64& random, LayerGraph& graph, Platform& platform) {
  std::vector<Layer> layers = graph.layers();
  for (std::size_t id = 1; id < layers.size(); ++id)
    layers[id].parameter_bytes = Bytes(static_cast<double>(tiny::draw(random, 0, 8)));
  graph = LayerGraph(graph.model(), layers, graph.exit_heads());
  for (DeviceId device = 1; device < platform.devices.size(); ++device)
    if (tiny::draw(random, 0, 2) == 0)
      platform.devices[device].memory = Bytes(static_cast<double>(tiny::draw(random, 1, 30)));
  for (Link& link : platform.links)
    if (tiny::draw(random, 0, 9) == 0) link.bandwidth = BytesPerSecond(std::numeric_limits<double>::infinity());
  for (DeviceId a = 1; a < platform.devices.size(); ++a)
    for (DeviceId b = a + 1; b < platform.devices.size(); ++b)
      if (tiny::draw(random, 0, 9) == 0) {
        platform.routes.erase({a, b});
        platform.routes.erase({b, a});
      }
}

struct RandomWorld {
  std::mt19937_64 random;
  tiny::World world;
  Problem problem;

  explicit RandomWorld(std::uint64_t seed) : random(seed), world(draw()), problem(tiny::problem(world, 12)) {}

 private:
  tiny::World draw() {
    const std::size_t devices = tiny::draw(random, 1, 4);
    LayerGraph graph = graph_for(random, devices);
    Platform platform = tiny::random_platform(random, devices);
    harden(random, graph, platform);
    tiny::Profiles profiles = tiny::random_profiles(random, graph, platform);
    return {std::move(graph), std::move(platform), std::move(profiles)};
  }
};

inline bool feasible(const Problem& problem, const std::vector<Stage>& stages) {
  return is_feasible(stages, problem.cost.graph(), problem.cost.platform(), problem.source);
}

inline PlanCost cost_of(const Problem& problem, const std::vector<Stage>& stages) {
  return plan_cost(problem.cost, stages, problem.source, problem.active_heads);
}

// Nothing where the policy refuses.
inline std::optional<Plan> plan_by(const std::string& policy, const Problem& problem) {
  try {
    return make_partition_policy(policy)->plan(problem);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

}  // namespace twinfer
