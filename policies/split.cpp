// split:K, the split that a person asks for: layers 1..K on the source, the rest
// on the target. K = 0 is all remote, K = last layer is all local. As in the
// cloud-edge-collaborative-inference project, whose split points this covers.

#include <fmt/format.h>

#include "core/error.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

class Split final : public PartitionPolicy {
 public:
  explicit Split(LayerId after) : after_(after) {}

  Plan plan(const Problem& problem) const override {
    const LayerGraph& graph = problem.cost.graph();
    const std::string name = fmt::format("split:{}", after_);
    if (after_ > graph.last())
      throw InputError("", "policy", name,
                       fmt::format("{} can be split after layers 0 to {}", graph.model(), graph.last()));

    Plan plan = costed_plan(problem, name, two_way_stages(problem, after_));
    plan.objective = kLatencyObjective;
    plan.candidates =
        by_latency(problem, {plan.stages, two_way_stages(problem, graph.last()), two_way_stages(problem, 0)});
    plan.why =
        fmt::format("Asked to split after layer {} ({}), where {} B cross; a request needs {}.", after_,
                    graph.layer(after_).name, cut_after(graph, after_).bytes.si(), time_text(plan.predicted_latency));
    return plan;
  }

 private:
  LayerId after_;
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_split(LayerId after) { return std::make_unique<Split>(after); }

}  // namespace twinfer
