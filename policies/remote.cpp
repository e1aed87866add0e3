// Every layer on the target: the input travels, the source only waits.

#include <fmt/format.h>

#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

class Remote final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    const LayerGraph& graph = problem.cost.graph();
    Plan plan = costed_plan(problem, "remote", two_way_stages(problem, 0));
    plan.objective = kLatencyObjective;
    plan.candidates = by_latency(problem, {plan.stages, two_way_stages(problem, graph.last())});
    plan.why = fmt::format("The input of {} B goes to {}, which runs all {} layers; a request needs {}.",
                           graph.layer(0).output_bytes.si(), device_name(problem, problem.target), graph.last(),
                           time_text(plan.predicted_latency));
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_remote() { return std::make_unique<Remote>(); }

}  // namespace twinfer
