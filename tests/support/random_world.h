// Small worlds drawn at random, for comparing policies with exhaustive search.
//
// Every number is a multiple of a power of two, so that sums are exact in
// doubles and equal costs are equal: ties occur and can be checked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "policies/partition_policy.h"
#include "tests/support/tiny.h"

namespace twinfer::tiny {

// In [least, most]; the same on every platform, other than std::uniform_int_distribution.
inline std::size_t draw(std::mt19937_64& random, std::size_t least, std::size_t most) {
  return least + random() % (most - least + 1);
}

// `layers` layers behind the input; every layer but the last is read by a later one.
inline LayerGraph random_graph(std::mt19937_64& random, std::size_t layers) {
  std::vector<Node> nodes{{{}, 64.0 * static_cast<double>(draw(random, 1, 16))}};
  std::vector<bool> read(layers + 1);
  for (LayerId id = 1; id <= layers; ++id) {
    const LayerId input = draw(random, 0, 2) == 0 ? draw(random, 0, id - 1) : id - 1;
    nodes.push_back({{input}, 64.0 * static_cast<double>(draw(random, 0, 16))});
    read[input] = true;
  }
  for (LayerId id = 0; id < layers; ++id) {
    if (read[id]) continue;
    std::vector<LayerId>& inputs = nodes[draw(random, id + 1, layers)].inputs;
    if (std::ranges::find(inputs, id) == inputs.end()) inputs.push_back(id);
  }
  std::vector<LayerId> heads;
  for (LayerId id = 1; id < layers; ++id)
    if (draw(random, 0, 3) == 0) heads.push_back(id);
  return dag(nodes, heads);
}

inline Platform random_platform(std::mt19937_64& random, std::size_t devices) {
  std::vector<std::string> names;
  for (std::size_t d = 0; d < devices; ++d) names.push_back("d" + std::to_string(d));
  std::vector<Wire> wires;
  for (DeviceId a = 0; a < devices; ++a)
    for (DeviceId b = a + 1; b < devices; ++b)
      wires.push_back(
          {a, b, static_cast<double>(64U << draw(random, 0, 6)), 0.125 * static_cast<double>(draw(random, 0, 4))});
  return network(names, wires);
}

// Layers of 1/8 to 2 s on device 0, other devices 1/4 to 4 times as slow.
inline Profiles random_profiles(std::mt19937_64& random, const LayerGraph& graph, const Platform& platform) {
  std::vector<double> base_s{0};
  for (LayerId id = 1; id < graph.size(); ++id) base_s.push_back(0.125 * static_cast<double>(draw(random, 1, 16)));
  std::vector<std::vector<double>> layers_s;
  std::vector<std::vector<double>> heads_s;
  for (std::size_t d = 0; d < platform.devices.size(); ++d) {
    const double factor = d == 0 ? 1 : 0.25 * static_cast<double>(1U << draw(random, 0, 4));
    layers_s.push_back(base_s);
    for (double& time : layers_s.back()) time *= factor;
    heads_s.emplace_back(graph.exit_heads().size(), 0.125 * factor);
  }
  return profiles(graph, platform, layers_s, heads_s, {.encode_s = 0.125, .decode_s = 0.0625, .overhead_s = 0.03125});
}

// A world of `layers` layers and `devices` devices.
inline World random_world(std::mt19937_64& random, std::size_t layers, std::size_t devices) {
  const LayerGraph graph = random_graph(random, layers);
  const Platform platform = random_platform(random, devices);
  return {graph, platform, random_profiles(random, graph, platform)};
}

// Requests arise on device 0, the chain holds every device in order, all heads are active.
inline Problem problem(const World& world, std::uint64_t frames = 1) {
  Problem result{.cost = world.cost,
                 .source = 0,
                 .target = world.platform.devices.size() - 1,
                 .chain = {},
                 .active_heads = {},
                 .frames = frames};
  for (DeviceId d = 0; d < world.platform.devices.size(); ++d) result.chain.push_back(d);
  for (ExitId head = 0; head < world.graph.exit_heads().size(); ++head) result.active_heads.push_back(head);
  return result;
}

// When the last of `frames` equal frames is back, by the recurrence alone and
// from plan_cost alone: nothing shared with the planners.
inline Seconds naive_makespan(const Problem& problem, const std::vector<Stage>& stages) {
  const PlanCost cost = plan_cost(problem.cost, stages, problem.source, problem.active_heads);
  std::vector<Seconds> resources, lags;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    resources.insert(resources.end(), {cost.hops[i].preparing(), cost.hops[i].transmit, cost.computes[i]});
    lags.insert(lags.end(), {Seconds(0), cost.hops[i].lag(), Seconds(0)});
  }
  resources.insert(resources.end(), {cost.result.preparing(), cost.result.transmit});
  lags.insert(lags.end(), {Seconds(0), cost.result.lag()});
  std::vector<Seconds> free(resources.size());
  Seconds back;
  for (std::uint64_t frame = 0; frame < problem.frames; ++frame) {
    back = Seconds(0);
    for (std::size_t s = 0; s < resources.size(); ++s) {
      free[s] = std::max(free[s], back) + resources[s];
      back = free[s] + lags[s];
    }
  }
  return back;
}

// Every device for every layer, runs of one device joined. Independent of the planners' tables.
inline void for_each_placement(const Problem& problem, const std::function<void(const std::vector<Stage>&)>& visit) {
  const std::size_t devices = problem.cost.platform().devices.size();
  const LayerId last = problem.cost.graph().last();
  std::vector<std::size_t> on(last + 1, 0);
  for (;;) {
    std::vector<Stage> stages;
    for (LayerId layer = 1; layer <= last; ++layer) {
      if (layer == 1 || on[layer] != on[layer - 1]) stages.push_back({on[layer], std::vector<LayerId>{}});
      stages.back().layers.push_back(layer);
    }
    visit(stages);
    LayerId at = 1;
    while (at <= last && ++on[at] == devices) on[at++] = 0;
    if (at > last) return;
  }
}

// Every way to lay layers 1..last on the chain in order, devices left out included.
inline std::vector<std::vector<Stage>> all_chain_layouts(const LayerGraph& graph, const std::vector<DeviceId>& chain,
                                                         std::size_t w = 0, LayerId first = 1) {
  if (first > graph.last()) return {{}};
  if (w == chain.size()) return {};
  std::vector<std::vector<Stage>> layouts = all_chain_layouts(graph, chain, w + 1, first);
  for (LayerId last = first; last <= graph.last(); ++last)
    for (std::vector<Stage>& rest : all_chain_layouts(graph, chain, w + 1, last + 1)) {
      rest.insert(rest.begin(), {chain[w], first, last});
      layouts.push_back(std::move(rest));
    }
  return layouts;
}

// The same with up to `most` devices a stage, all before those of the next stage.
// Devices are drawn by the bits of a number, unlike in the planner.
inline std::vector<std::vector<Stage>> all_replica_layouts(const LayerGraph& graph, const std::vector<DeviceId>& chain,
                                                           std::size_t most, std::size_t w = 0, LayerId first = 1) {
  if (first > graph.last()) return {{}};
  std::vector<std::vector<Stage>> layouts;
  for (std::size_t bits = 1; bits < std::size_t{1} << (chain.size() - w); ++bits) {
    std::vector<DeviceId> devices;
    std::size_t next = w;
    for (std::size_t place = w; place < chain.size(); ++place)
      if ((bits >> (place - w) & 1) != 0) {
        devices.push_back(chain[place]);
        next = place + 1;
      }
    if (devices.size() > most) continue;
    for (LayerId last = first; last <= graph.last(); ++last)
      for (std::vector<Stage>& rest : all_replica_layouts(graph, chain, most, next, last + 1)) {
        rest.insert(rest.begin(), {devices, first, last});
        layouts.push_back(std::move(rest));
      }
  }
  return layouts;
}

}  // namespace twinfer::tiny
