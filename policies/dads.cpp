// Dynamic adaptive DNN surgery: a two-way cut of the DAG, for latency under light
// load and for throughput under heavy load. After Hu et al., "DADS", INFOCOM 2019.
//
// Light load: the minimum cut (dag_cut.h), beside all-local and all-remote, which
// save a message; exact for one request. Heavy load, where requests arrive faster
// than the light plan's bottleneck serves them, or a window of several is kept
// full: the smallest of max(source, link, target). That is NP-hard on a DAG; tried
// are minimum cuts under a fixed set of weights of the three and every cut of the
// topological order, so it is never worse than the best of those. Cuts that do not
// fit into memory are passed over. Of equally good cuts the first tried wins.

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/dag_cut.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

using Layouts = std::vector<std::vector<Stage>>;

// Each resource alone, in pairs, all, and leaning one way.
constexpr CutWeights kHeavyWeights[] = {{1, 1, 1}, {2, 1, 1}, {1, 2, 1}, {1, 1, 2}, {4, 1, 1}, {1, 4, 1},
                                        {1, 1, 4}, {4, 4, 1}, {1, 4, 4}, {4, 1, 4}, {1, 0, 1}, {8, 1, 2}};

PlanCost cost_of(const Problem& problem, const std::vector<Stage>& stages) {
  return plan_cost(problem.cost, stages, problem.source, problem.active_heads);
}

bool can_split(const Problem& problem) {
  const Platform& platform = problem.cost.platform();
  return problem.source != problem.target && problem.cost.has_profile(problem.target) &&
         platform.has_route(problem.source, problem.target);
}

Layouts order_cuts(const Problem& problem) {
  Layouts layouts;
  for (LayerId split = 0; split <= problem.cost.graph().last(); ++split)
    layouts.push_back(two_way_stages(problem, split));
  return layouts;
}

Layouts light_layouts(const Problem& problem) {
  Layouts layouts;
  if (can_split(problem)) layouts.push_back(split_stages(problem, cheapest_source_side(problem, {})));
  const Layouts others = order_cuts(problem);  // for memory; all-local and all-remote are among them
  layouts.insert(layouts.end(), others.begin(), others.end());
  return layouts;
}

Layouts heavy_layouts(const Problem& problem) {
  Layouts layouts;
  if (can_split(problem))
    for (const CutWeights& weights : kHeavyWeights)
      layouts.push_back(split_stages(problem, cheapest_source_side(problem, weights)));
  const Layouts others = order_cuts(problem);
  layouts.insert(layouts.end(), others.begin(), others.end());
  return layouts;
}

class Dads final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    Plan light = best_of(problem, light_layouts(problem), &PlanCost::latency, kLatencyObjective);
    const double served_hz = 1 / light.bottleneck.si();
    if (problem.rate_hz <= served_hz) {
      light.why = fmt::format("Light load: the cheapest cut of the DAG serves {:.4g} requests/s. A request needs {}.",
                              served_hz, time_text(light.predicted_latency));
      return light;
    }
    Plan heavy = best_of(problem, heavy_layouts(problem), &PlanCost::bottleneck, "slowest of source, link and target");
    heavy.why = fmt::format("Heavy load: the fastest plan for one request, {}, serves only {:.4g} requests/s. {}.",
                            layout(problem, light.stages), served_hz, bottleneck_text(heavy));
    return heavy;
  }

 private:
  static Plan best_of(const Problem& problem, const Layouts& layouts, Seconds PlanCost::*cost,
                      const std::string& objective) {
    const std::vector<Stage>* best = nullptr;
    Seconds least = kNever;
    std::vector<Candidate> candidates;
    for (const std::vector<Stage>& stages : layouts) {
      if (!is_feasible(problem, stages)) continue;
      const Seconds price = cost_of(problem, stages).*cost;
      candidates.push_back({layout(problem, stages), price});
      if (price >= least) continue;
      least = price;
      best = &stages;
    }
    if (best == nullptr)
      throw InputError("", "policy", "dads",
                       fmt::format("no cut between {} and {} has its routes and fits their memory",
                                   device_name(problem, problem.source), device_name(problem, problem.target)));
    Plan plan = costed_plan(problem, "dads", *best);
    plan.objective = objective;
    plan.candidates = best_first(std::move(candidates));
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_dads() { return std::make_unique<Dads>(); }

}  // namespace twinfer
