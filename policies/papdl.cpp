// PAPDL's placement: source -> slices -> source as a cheapest way, every slice on
// any device, as often as it pays. After PAPDL (the `configure` step).
//
// The network is sliced where a single tensor is alive (no branch is open), and a
// device takes slices whose parameters and activations stay within 0.8 of its
// memory. Scenario constraints: `must` and `mustnot` of layers and devices.
//
// Right where the original errs: times, bytes and the result's return come from
// the cost model (the original divides times by the batch, not the repeats, bytes
// by bits per second, prices a hop by the next slice's output and the return by the
// input's size); parameters count in bytes, not elements; a last slice on the
// source is kept.

#include <algorithm>

#include "policies/placement_plan.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

constexpr double kShareOfMemory = 0.8;

// Whether only the layer's own output is alive behind it.
std::vector<bool> slice_ends(const LayerGraph& graph) {
  std::vector<bool> ends;
  for (LayerId layer = 0; layer < graph.last(); ++layer)
    ends.push_back(cut_after(graph, layer).tensors == std::vector<LayerId>{layer});
  return ends;
}

class Papdl final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    PlacementRules rules = memory_rules(problem);
    rules.allowed = allowed_devices(problem);
    rules.may_cut_after = slice_ends(problem.cost.graph());
    for (LayerId layer = 1; layer < problem.cost.graph().size(); ++layer)
      rules.layer_memory[layer] += problem.cost.graph().layer(layer).output_bytes;
    for (Bytes& capacity : rules.capacity) capacity *= kShareOfMemory;
    return placement_plan(problem, "papdl", rules, "No way through the slices is faster");
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_papdl() { return std::make_unique<Papdl>(); }

}  // namespace twinfer
