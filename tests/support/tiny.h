// Fixtures small enough to compute by hand: graph, platform and profiles in one
// line each, and a world that owns them together with their cost model.
//
//   const tiny::World world(tiny::chain({100, 40, 8}), tiny::mesh({"pi", "pc"}, 10, 0.5),
//                           {{0, 2, 3}, {0, 0.2, 0.3}});
//   world.cost.compute(2, 0);  // 3 s
//
// Ids are positions. Layer 0 is called "input", layer i "l<i>", head i "exit<i+1>".
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/cost_model.h"
#include "core/exit_trace.h"
#include "core/latency_profile.h"
#include "core/layer_graph.h"
#include "core/platform.h"
#include "core/scenario.h"

namespace twinfer::tiny {

// A layer by what cuts and memory see of it. The first node is the input.
struct Node {
  std::vector<LayerId> inputs;
  double output_bytes = 0;
  double parameter_bytes = 0;
};

// One head right after each layer of `head_layers`.
inline LayerGraph dag(const std::vector<Node>& nodes, const std::vector<LayerId>& head_layers = {}) {
  std::vector<Layer> layers;
  for (const Node& node : nodes) {
    const std::size_t id = layers.size();
    layers.push_back({id == 0 ? "input" : "l" + std::to_string(id),
                      id == 0 ? "input" : "conv",
                      node.inputs,
                      {1, static_cast<long>(node.output_bytes / 4)},  // float32
                      Bytes(node.output_bytes),
                      Flops(id == 0 ? 0 : 1000),
                      Bytes(node.parameter_bytes)});
  }
  std::vector<ExitHead> heads;
  for (const LayerId layer : head_layers)
    heads.push_back({"exit" + std::to_string(heads.size() + 1), layer, Flops(10), Bytes(0)});
  return {"tiny", std::move(layers), std::move(heads)};
}

// output_bytes[0] is the input's size, output_bytes[i] that of layer i's output,
// each read by the next layer alone.
inline LayerGraph chain(const std::vector<double>& output_bytes, const std::vector<LayerId>& head_layers = {}) {
  std::vector<Node> nodes;
  for (const double bytes : output_bytes) {
    const std::size_t id = nodes.size();
    nodes.push_back({id == 0 ? std::vector<LayerId>{} : std::vector<LayerId>{id - 1}, bytes});
  }
  return dag(nodes, head_layers);
}

// A link of its own between two devices, used both ways.
struct Wire {
  DeviceId a = 0;
  DeviceId b = 0;
  double bandwidth_bytes_per_s = 1;
  double latency_s = 0;
};

// Devices joined by exactly the given wires. Memory is not stated.
inline Platform network(const std::vector<std::string>& names, const std::vector<Wire>& wires) {
  Platform platform;
  platform.file = "tiny.xml";
  for (const std::string& name : names) platform.devices.push_back({name, 1e9, 4, Bytes(0), name, "spawn"});
  for (const Wire& wire : wires) {
    const LinkId link = platform.links.size();
    platform.links.push_back(
        {names[wire.a] + "-" + names[wire.b], BytesPerSecond(wire.bandwidth_bytes_per_s), Seconds(wire.latency_s)});
    platform.routes[{wire.a, wire.b}] = {link};
    platform.routes[{wire.b, wire.a}] = {link};
  }
  return platform;
}

// Every pair of devices joined by a link of its own, all alike.
inline Platform mesh(const std::vector<std::string>& names, double bandwidth_bytes_per_s, double latency_s = 0) {
  std::vector<Wire> wires;
  for (DeviceId a = 0; a < names.size(); ++a)
    for (DeviceId b = a + 1; b < names.size(); ++b) wires.push_back({a, b, bandwidth_bytes_per_s, latency_s});
  return network(names, wires);
}

// What a message costs at its ends: encode and decode seconds of every layer's
// output, and the fixed overhead of a message.
struct Codec {
  double encode_s = 0;
  double decode_s = 0;
  double overhead_s = 0;
  double hand_off_s = 0;
};

// Constant times: layers_s[i] of layer i (layers_s[0], the input's, is zero),
// heads_s[e] of head e.
inline LatencyProfile profile(const LayerGraph& graph, const std::string& device, const std::vector<double>& layers_s,
                              const std::vector<double>& heads_s = {}, const Codec& codec = {}) {
  LatencyProfile result;
  result.model = graph.model();
  result.input = format_shape(graph.layer(0).output_shape);
  result.device = device;
  result.host = "by-hand";
  result.runtime = "none";
  result.precision = "fp32";
  result.date = "2024-01-01";
  result.message_overhead = Seconds(codec.overhead_s);
  result.hand_off = constant_latency(Seconds(codec.hand_off_s));
  result.file = device + ".csv";
  for (LayerId id = 0; id < graph.size(); ++id)
    result.layers[graph.layer(id).name] = {constant_latency(Seconds(layers_s.at(id))), graph.layer(id).output_bytes,
                                           Seconds(codec.encode_s), Seconds(codec.decode_s), "by hand"};
  for (ExitId head = 0; head < graph.exit_heads().size(); ++head)
    result.exits[graph.exit_heads()[head].name] = constant_latency(Seconds(head < heads_s.size() ? heads_s[head] : 0));
  return result;
}

using Profiles = std::vector<std::optional<LatencyProfile>>;

// One profile a device, with the same codec for all.
inline Profiles profiles(const LayerGraph& graph, const Platform& platform,
                         const std::vector<std::vector<double>>& layers_s,
                         const std::vector<std::vector<double>>& heads_s = {}, const Codec& codec = {}) {
  Profiles result;
  for (DeviceId device = 0; device < platform.devices.size(); ++device)
    result.emplace_back(profile(graph, platform.devices[device].name, layers_s.at(device),
                                device < heads_s.size() ? heads_s[device] : std::vector<double>{}, codec));
  return result;
}

// Owns what a cost model borrows, hence stays where it was made.
struct World {
  LayerGraph graph;
  Platform platform;
  Profiles device_profiles;
  CostModel cost;

  World(LayerGraph g, Platform p, Profiles by_device)
      : graph(std::move(g)),
        platform(std::move(p)),
        device_profiles(std::move(by_device)),
        cost(graph, platform, device_profiles) {}
  World(const LayerGraph& g, const Platform& p, const std::vector<std::vector<double>>& layers_s,
        const std::vector<std::vector<double>>& heads_s = {}, const Codec& codec = {})
      : World(g, p, profiles(g, p, layers_s, heads_s, codec)) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;
};

// A scenario over copies of the three: requests arise on device 0, two-way
// splits go to the last device, the chain holds all of them, one request at a
// time, no exits, median costs.
inline Scenario scenario(const LayerGraph& graph, const Platform& platform, const Profiles& by_device) {
  Scenario result{.file = "tiny.yaml",
                  .name = "tiny",
                  .model = graph.model(),
                  .input_key = graph.model(),
                  .models_dir = {},
                  .graph = graph,
                  .platform = platform};
  result.profiles = by_device;
  result.target = platform.devices.size() - 1;
  result.policies = {"local"};
  result.requests = 1;
  result.pd_num = 1;
  result.scheduling = "fifo";
  result.network_model = "CM02";
  for (DeviceId device = 0; device < platform.devices.size(); ++device) result.chain.push_back(device);
  return result;
}
inline Scenario scenario(const World& world) { return scenario(world.graph, world.platform, world.device_profiles); }

// confidence[s][e]: what exit e (heads, then the final one) says of sample s.
// Every prediction is right (class 0) and carries entropy 1 - confidence.
inline ExitTrace trace(const LayerGraph& graph, const std::vector<std::vector<double>>& confidence) {
  ExitTrace result;
  result.model = graph.model();
  for (const std::vector<double>& exits : confidence) {
    SampleTrace sample{result.samples.size(), 0, {}};
    for (const double value : exits) sample.exits.push_back({value, 1 - value, 0});
    result.samples.push_back(std::move(sample));
  }
  return result;
}

}  // namespace twinfer::tiny
