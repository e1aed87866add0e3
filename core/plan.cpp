#include "core/plan.h"

#include <algorithm>
#include <map>

#include "core/error.h"

namespace twinfer {
namespace {

std::string stage_name(std::size_t index) { return "stage " + std::to_string(index + 1); }

void check_cover(const Plan& plan, const LayerGraph& graph) {
  LayerId next = 1;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    if (stage.first != next || stage.last < stage.first || stage.last > graph.last())
      throw InputError("plan", plan.policy + ", " + stage_name(i),
                       std::to_string(stage.first) + "-" + std::to_string(stage.last),
                       "stages must hold layers 1 to " + std::to_string(graph.last()) + " in order, once each");
    next = stage.last + 1;
  }
  if (next != graph.last() + 1)
    throw InputError("plan", plan.policy, "", "layers from " + std::to_string(next) + " on are in no stage");
}

void check_route(const Plan& plan, const Platform& platform, DeviceId from, DeviceId to) {
  if (!platform.has_route(from, to))
    throw InputError(platform.file, "route", platform.devices[from].name + " -> " + platform.devices[to].name,
                     "is missing; policy " + plan.policy + " needs it");
}

std::map<DeviceId, Bytes> memory_needed(const std::vector<Stage>& stages, const LayerGraph& graph) {
  std::map<DeviceId, Bytes> needed;
  for (const Stage& stage : stages) {
    Bytes& bytes = needed[stage.device];
    for (LayerId layer = stage.first; layer <= stage.last; ++layer) bytes += graph.layer(layer).parameter_bytes;
    for (const ExitHead& head : graph.exit_heads())
      if (head.layer >= stage.first && head.layer <= stage.last) bytes += head.parameter_bytes;
  }
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

std::string describe(const std::vector<Stage>& stages, const Platform& platform) {
  std::string text;
  for (const Stage& stage : stages) {
    if (!text.empty()) text += ' ';
    text += platform.devices.at(stage.device).name + '[' + std::to_string(stage.first) + '-' +
            std::to_string(stage.last) + ']';
  }
  return text;
}

void check_plan(const Plan& plan, const LayerGraph& graph, const Platform& platform, DeviceId source) {
  check_cover(plan, graph);
  DeviceId previous = source;
  for (const Stage& stage : plan.stages) {
    if (stage.device >= platform.devices.size())
      throw InputError("plan", plan.policy, std::to_string(stage.device), "is no device id of " + platform.file);
    check_route(plan, platform, previous, stage.device);
    check_route(plan, platform, stage.device, source);
    previous = stage.device;
  }
  check_memory(plan, graph, platform);
}

bool is_feasible(const std::vector<Stage>& stages, const LayerGraph& graph, const Platform& platform, DeviceId source) {
  DeviceId previous = source;
  for (const Stage& stage : stages) {
    if (!platform.has_route(previous, stage.device) || !platform.has_route(stage.device, source)) return false;
    previous = stage.device;
  }
  return std::ranges::all_of(memory_needed(stages, graph),
                             [&](const auto& need) { return fits(platform.devices[need.first], need.second); });
}

}  // namespace twinfer
