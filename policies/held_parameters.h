// Which devices have the parameters of which layers, and what it takes to give them those of another
// plan: the source sends them, one device after another.
//
// Ignores: memory. Devices keep what they got.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "core/layer_graph.h"
#include "core/plan.h"

namespace twinfer {

struct ParameterMove {
  DeviceId to = 0;
  Bytes bytes;

  friend bool operator==(const ParameterMove&, const ParameterMove&) = default;
};

class HeldParameters {
 public:
  // Nobody has any but the source, which has all.
  HeldParameters(const LayerGraph& graph, DeviceId source);

  // What the plan's devices lack, which they have from then on; none to the source.
  std::vector<ParameterMove> take(const Plan& plan);

 private:
  std::vector<Bytes> bytes_;  // by layer
  DeviceId source_;
  std::map<DeviceId, std::set<LayerId>> held_;
};

}  // namespace twinfer
