#include "core/plan.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/error.h"
#include "core/joined.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

std::string stage_name(std::size_t index) { return "stage " + std::to_string(index + 1); }

[[noreturn]] void refuse(const Plan& plan, std::size_t stage, LayerId layer, const std::string& allowed) {
  throw InputError("plan", plan.policy + ", " + stage_name(stage), "layer " + std::to_string(layer), allowed);
}

void check_stage(const Plan& plan, std::size_t index, const LayerGraph& graph) {
  const std::vector<LayerId>& layers = plan.stages[index].layers;
  if (layers.empty()) throw InputError("plan", plan.policy + ", " + stage_name(index), "", "holds no layer");
  LayerId before = 0;
  for (const LayerId layer : layers) {
    if (layer <= before || layer > graph.last())
      refuse(plan, index, layer, "must be one of layers 1 to " + std::to_string(graph.last()) + ", in ascending order");
    before = layer;
  }
}

void check_once_each(const Plan& plan, const LayerGraph& graph) {
  std::vector<bool> held(graph.size());
  for (std::size_t i = 0; i < plan.stages.size(); ++i)
    for (const LayerId layer : plan.stages[i].layers) {
      if (held[layer]) refuse(plan, i, layer, "is in an earlier stage, too");
      held[layer] = true;
    }
  for (LayerId layer = 1; layer <= graph.last(); ++layer)
    if (!held[layer]) throw InputError("plan", plan.policy, "layer " + std::to_string(layer), "is in no stage");
}

void check_order(const Plan& plan, const LayerGraph& graph) {
  const std::vector<std::size_t> stage_of = stage_of_layers(plan.stages, graph);
  for (LayerId layer = 1; layer <= graph.last(); ++layer)
    for (const LayerId input : graph.layer(layer).inputs)
      if (input > 0 && stage_of[input] > stage_of[layer])
        refuse(plan, stage_of[layer], layer, "reads layer " + std::to_string(input) + ", which a later stage holds");
  const std::vector<ExitHead>& heads = graph.exit_heads();
  for (ExitId head = 1; head < heads.size(); ++head)
    if (stage_of[heads[head].layer] < stage_of[heads[head - 1].layer])
      refuse(plan, stage_of[heads[head].layer], heads[head].layer,
             "has exit " + heads[head].name + ", which would be met before " + heads[head - 1].name);
}

void check_cover(const Plan& plan, const LayerGraph& graph) {
  for (std::size_t i = 0; i < plan.stages.size(); ++i) check_stage(plan, i, graph);
  check_once_each(plan, graph);
  check_order(plan, graph);
}

void check_devices(const Plan& plan, std::size_t index, const Platform& platform) {
  const std::vector<DeviceId>& devices = plan.stages[index].devices;
  if (devices.empty()) throw InputError("plan", plan.policy + ", " + stage_name(index), "", "has no device");
  for (auto device = devices.begin(); device != devices.end(); ++device) {
    if (*device >= platform.devices.size())
      throw InputError("plan", plan.policy, std::to_string(*device), "is no device id of " + platform.file);
    if (std::find(devices.begin(), device, *device) != device)
      throw InputError("plan", plan.policy + ", " + stage_name(index), platform.devices[*device].name,
                       "is two of its replicas");
  }
}

void check_routes(const Plan& plan, const Platform& platform, const std::vector<Way>& ways) {
  for (const Way& way : ways)
    if (!platform.has_route(way.from, way.to))
      throw InputError(platform.file, "route", platform.devices[way.from].name + " -> " + platform.devices[way.to].name,
                       "is missing; policy " + plan.policy + " needs it");
}

bool has_routes(const Platform& platform, const std::vector<Way>& ways) {
  return std::ranges::all_of(ways, [&](const Way& way) { return platform.has_route(way.from, way.to); });
}

std::map<DeviceId, Bytes> memory_needed(const std::vector<Stage>& stages, const LayerGraph& graph) {
  const std::vector<Bytes> parameters = parameters_by_layer(graph);
  std::map<DeviceId, Bytes> needed;
  for (const Stage& stage : stages)
    for (const DeviceId device : stage.devices)
      for (const LayerId layer : stage.layers) needed[device] += parameters[layer];
  return needed;
}

bool fits(const Device& device, Bytes needed) { return device.memory == Bytes(0) || needed <= device.memory; }

void check_memory(const Plan& plan, const LayerGraph& graph, const Platform& platform) {
  for (const auto& [id, bytes] : memory_needed(plan.stages, graph)) {
    const Device& device = platform.devices[id];
    if (!fits(device, bytes))
      throw InputError(
          "plan", plan.policy + ", device " + device.name, std::to_string(static_cast<long long>(bytes.si())) + " B",
          "parameters exceed its memory of " + std::to_string(static_cast<long long>(device.memory.si())) + " B");
  }
}

}  // namespace

const char* to_string(Cost::Unit unit) { return unit == Cost::Unit::kJoules ? "J" : "s"; }

Stage::Stage(std::vector<DeviceId> on, LayerId first, LayerId last) : devices(std::move(on)) {
  for (LayerId layer = first; layer <= last; ++layer) layers.push_back(layer);
}

bool Stage::holds(LayerId layer) const { return std::ranges::binary_search(layers, layer); }

bool Stage::runs_on(DeviceId device) const { return std::ranges::find(devices, device) != devices.end(); }

std::vector<Way> ways_into(const std::vector<Stage>& stages, std::size_t stage, DeviceId source) {
  const std::vector<DeviceId> from = stage == 0 ? std::vector<DeviceId>{source} : stages[stage - 1].devices;
  const std::vector<DeviceId>& to = stages[stage].devices;
  std::vector<Way> ways;
  for (std::uint64_t request = 0; request < std::lcm(from.size(), to.size()); ++request)
    ways.push_back({serving(from, request), serving(to, request)});
  return ways;
}

std::vector<Way> ways_back(const Stage& stage, DeviceId source) {
  std::vector<Way> ways;
  for (const DeviceId device : stage.devices) ways.push_back({device, source});
  return ways;
}

std::vector<std::size_t> stage_of_layers(const std::vector<Stage>& stages, const LayerGraph& graph) {
  std::vector<std::size_t> stage_of(graph.size(), 0);
  for (std::size_t i = 0; i < stages.size(); ++i)
    for (const LayerId layer : stages[i].layers) stage_of[layer] = i;
  return stage_of;
}

std::vector<Cut> cuts_of(const std::vector<Stage>& stages, const LayerGraph& graph) {
  const std::vector<std::size_t> stage_of = stage_of_layers(stages, graph);
  std::vector<std::size_t> last_reader(graph.size(), 0);  // a stage
  for (LayerId layer = 1; layer <= graph.last(); ++layer)
    for (const LayerId input : graph.layer(layer).inputs)
      last_reader[input] = std::max(last_reader[input], stage_of[layer]);

  std::vector<Cut> cuts(stages.size());
  for (LayerId tensor = 0; tensor < graph.last(); ++tensor)
    for (std::size_t into = tensor == 0 ? 0 : stage_of[tensor] + 1; into <= last_reader[tensor]; ++into) {
      cuts[into].tensors.push_back(tensor);
      cuts[into].bytes += graph.layer(tensor).output_bytes;
    }
  return cuts;
}

std::string describe_layers(const std::vector<LayerId>& layers) {
  std::string text;
  for (std::size_t i = 0; i < layers.size();) {
    std::size_t end = i + 1;
    while (end < layers.size() && layers[end] == layers[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(layers[i]) + '-' + std::to_string(layers[end - 1]);
    i = end;
  }
  return text;
}

std::string describe_devices(const Stage& stage, const Platform& platform) {
  if (stage.devices.size() == 1) return platform.devices.at(stage.devices.front()).name;
  return '{' + joined(stage.devices, ",", [&](DeviceId device) { return platform.devices.at(device).name; }) + '}';
}

std::string describe(const std::vector<Stage>& stages, const Platform& platform) {
  return joined(stages, " ", [&](const Stage& stage) {
    return describe_devices(stage, platform) + '[' + describe_layers(stage.layers) + ']';
  });
}

std::string describe(const Plan& plan, const LayerGraph& graph, const Platform& platform) {
  std::string text = describe(plan.stages, platform);
  if (!plan.exits) return text;
  return text + ", leaving at " + joined(plan.exits->thresholds, ", ", [&](const auto& head) {
           return graph.exit_heads().at(head.first).name + " " + format_number(head.second);
         });
}

void check_plan(const Plan& plan, const LayerGraph& graph, const Platform& platform, DeviceId source) {
  check_cover(plan, graph);
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    check_devices(plan, i, platform);
    check_routes(plan, platform, ways_into(plan.stages, i, source));
    check_routes(plan, platform, ways_back(plan.stages[i], source));
  }
  check_memory(plan, graph, platform);
}

bool is_feasible(const std::vector<Stage>& stages, const LayerGraph& graph, const Platform& platform, DeviceId source) {
  for (std::size_t i = 0; i < stages.size(); ++i)
    if (!has_routes(platform, ways_into(stages, i, source)) || !has_routes(platform, ways_back(stages[i], source)))
      return false;
  return std::ranges::all_of(memory_needed(stages, graph),
                             [&](const auto& need) { return fits(platform.devices[need.first], need.second); });
}

}  // namespace twinfer
