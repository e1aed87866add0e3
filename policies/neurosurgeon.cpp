// The two-way cut with the lowest latency for one request. After Kang et al.,
// "Neurosurgeon", ASPLOS 2017.
//
// Weighs a cut after every layer of the topological order, from all remote to
// all local. On a DAG, other than in the paper, a cut ships every tensor alive
// across it. Of equal cuts the earliest wins, which leaves the source least to
// do. Ignores load: a queue at the target does not move the cut.

#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

class Neurosurgeon final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    std::optional<LayerId> best;
    std::vector<Candidate> candidates;
    Seconds best_latency;
    for (LayerId split = 0; split <= problem.cost.graph().last(); ++split) {
      const std::vector<Stage> stages = two_way_stages(problem, split);
      if (!is_feasible(problem, stages)) continue;
      const Seconds latency = latency_of(problem, stages);
      candidates.push_back({layout(problem, stages), latency});
      if (best && latency >= best_latency) continue;  // a tie keeps the earlier cut
      best = split;
      best_latency = latency;
    }
    if (!best)
      throw InputError("", "policy", "neurosurgeon",
                       fmt::format("no cut between {} and {} has its routes and fits their memory",
                                   device_name(problem, problem.source), device_name(problem, problem.target)));
    return explained(problem, *best, std::move(candidates));
  }

 private:
  static Plan explained(const Problem& problem, LayerId split, std::vector<Candidate> candidates) {
    const LayerGraph& graph = problem.cost.graph();
    Plan plan = costed_plan(problem, "neurosurgeon", two_way_stages(problem, split));
    plan.objective = kLatencyObjective;
    plan.candidates = best_first(std::move(candidates));
    plan.why = fmt::format("Of {} cuts the one after layer {} ({}) is fastest: {} B cross and a request needs {}.",
                           plan.candidates.size(), split, graph.layer(split).name, cut_after(graph, split).bytes.si(),
                           time_text(plan.predicted_latency));
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_neurosurgeon() { return std::make_unique<Neurosurgeon>(); }

}  // namespace twinfer
