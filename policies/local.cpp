// Every layer on the source. What a device does without help.

#include <fmt/format.h>

#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

class Local final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    const LayerId last = problem.cost.graph().last();
    Plan plan = costed_plan(problem, "local", two_way_stages(problem, last));
    plan.objective = kLatencyObjective;
    plan.candidates = by_latency(problem, {plan.stages, two_way_stages(problem, 0)});
    plan.why = fmt::format("All {} layers stay on {}, which alone needs {} for a request.", last,
                           device_name(problem, problem.source), time_text(plan.predicted_latency));
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_local() { return std::make_unique<Local>(); }

}  // namespace twinfer
