// The plan with the lowest latency of one request, over every device of the
// scenario in any order, each as often as it pays, within the devices' memory.
//
// Exact among plans whose stages are runs of the graph's topological order
// (placement_search.h); `dads` also cuts branches at different depths, between
// two devices. The result's return counts. Ignores load.

#include <fmt/format.h>

#include "core/error.h"
#include "policies/placement_plan.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

class ExactLatency final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    PlacementRules rules = memory_rules(problem);
    rules.allowed = allowed_devices(problem);
    return placement_plan(problem, "exact-latency", rules, "No assignment of consecutive layers to devices is faster");
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_exact_latency() { return std::make_unique<ExactLatency>(); }

}  // namespace twinfer
