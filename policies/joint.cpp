// Cuts and exit thresholds together: the lowest mean latency of one request over the
// recorded samples, with at least the scenario's accuracy.
//
// The question is that of Edgent (Li et al., IEEE TWC 2020) and SPINN (Laskaridis et
// al., MobiCom 2020). For given thresholds the shares of the exits are known, every
// layer and hop costs what the requests that come to it pay, and the best placement
// is a shortest path (placement_search.h). That is taken for every setting of a grid
// of thresholds; the best pair is then improved, thresholds and placement in turn.
// Where the grid holds all settings (exit_thresholds.h) the result is the optimum
// among plans of consecutive layers. Thresholds are of max-softmax, whatever the
// scenario's own. Ignores load.

#include <ranges>

#include <fmt/format.h>

#include "core/error.h"
#include "core/joined.h"
#include "core/table_file.h"
#include "policies/exit_thresholds.h"
#include "policies/placement_plan.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

// Thresholds, what they make of the samples, and the best way for those.
struct Choice {
  ExitSettings settings;
  ExitOutcome outcome;
  std::vector<Placement> placements;  // cheapest first, by mean latency; empty: none is allowed
};

void check_question(const Problem& problem) {
  const LayerGraph& graph = problem.cost.graph();
  if (graph.exit_heads().empty()) throw InputError("", "policy", "joint", graph.model() + " has no exit heads");
  if (problem.trace == nullptr) throw InputError("", "policy", "joint", graph.model() + " has no recorded exits");
  if (!problem.min_accuracy)
    throw InputError("", "min_accuracy", "", "missing; policy joint keeps that share of right answers");
}

Problem with_heads(const Problem& problem, const ExitSettings& settings) {
  Problem changed = problem;
  changed.active_heads = make_exit_policy(settings)->active_heads();
  return changed;
}

Choice best_placement(const Problem& problem, const PlacementRules& rules, const ExitSettings& settings,
                      std::size_t most) {
  const auto policy = make_exit_policy(settings);
  ExitOutcome outcome = evaluate_exits(*problem.trace, *policy);
  const Problem asked = with_heads(problem, settings);
  const ChainCosts costs(asked, outcome.shares);
  return {settings, std::move(outcome), cheapest_placements(asked, costs, rules, most)};
}

bool is_better(const Choice& a, const Choice& b) {
  if (a.placements.empty() || b.placements.empty()) return b.placements.empty() && !a.placements.empty();
  return a.placements.front().latency < b.placements.front().latency;
}

// The grid's accurate settings; where it has none, what a finer search finds.
std::vector<ExitSettings> settings_to_try(const Problem& problem) {
  const LayerGraph& graph = problem.cost.graph();
  std::vector<ExitSettings> settings =
      accurate_settings(*problem.trace, graph.exit_heads().size(), *problem.min_accuracy);
  if (settings.empty())
    settings.push_back(choose_thresholds(*problem.trace, work_prices(graph), *problem.min_accuracy).settings);
  return settings;
}

Choice best_choice(const Problem& problem, const PlacementRules& rules) {
  Choice best;
  for (const ExitSettings& settings : settings_to_try(problem)) {
    Choice choice = best_placement(problem, rules, settings, 1);
    if (is_better(choice, best)) best = std::move(choice);
  }
  while (!best.placements.empty()) {
    const ExitPrices prices = latency_prices(with_heads(problem, best.settings), best.placements.front().stages);
    const ThresholdChoice improved = improve_thresholds(*problem.trace, prices, *problem.min_accuracy, best.settings);
    Choice choice = best_placement(problem, rules, improved.settings, 1);
    if (!is_better(choice, best)) break;
    best = std::move(choice);
  }
  return best;
}

std::string thresholds_text(const LayerGraph& graph, const ExitSettings& settings) {
  return joined(std::views::iota(ExitId{0}, graph.exit_heads().size()), ", ", [&](ExitId head) {
    const auto found = settings.thresholds.find(head);
    return graph.exit_name(head) +
           (found == settings.thresholds.end() ? " not asked" : fmt::format(" from {:.3g}", found->second));
  });
}

class Joint final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    check_question(problem);
    PlacementRules rules = memory_rules(problem);
    rules.allowed = allowed_devices(problem);
    const ExitSettings settings = best_choice(problem, rules).settings;
    const Choice best = best_placement(problem, rules, settings, kMostCandidates);
    if (best.placements.empty())
      throw InputError("", "policy", "joint", "no plan has its routes, fits the memory and keeps the constraints");

    Plan plan = costed_plan(with_heads(problem, settings), "joint", best.placements.front().stages);
    plan.exits = settings;
    plan.objective = fmt::format("mean latency of requests alone, with at least {:.4g} % of the samples right",
                                 100 * *problem.min_accuracy);
    plan.candidates = placement_candidates(problem, best.placements);
    plan.why = fmt::format("Thresholds {}: {:.4g} % right, {} on average with these cuts.",
                           thresholds_text(problem.cost.graph(), settings), 100 * best.outcome.accuracy,
                           time_text(best.placements.front().latency));
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_joint() { return std::make_unique<Joint>(); }

}  // namespace twinfer
