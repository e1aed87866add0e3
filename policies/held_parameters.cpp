#include "policies/held_parameters.h"

namespace twinfer {

HeldParameters::HeldParameters(const LayerGraph& graph, DeviceId source)
    : bytes_(parameters_by_layer(graph)), source_(source) {}

std::vector<ParameterMove> HeldParameters::take(const Plan& plan) {
  std::map<DeviceId, Bytes> missing;
  for (const Stage& stage : plan.stages)
    for (const DeviceId device : stage.devices)
      for (const LayerId layer : stage.layers)
        if (device != source_ && held_[device].insert(layer).second) missing[device] += bytes_[layer];
  std::vector<ParameterMove> moves;
  for (const auto& [device, bytes] : missing)
    if (bytes > Bytes(0)) moves.push_back({device, bytes});
  return moves;
}

}  // namespace twinfer
