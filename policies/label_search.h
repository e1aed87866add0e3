// The cheapest way of one request where memory, or the budget of a second cost,
// binds: a shortest path with resource constraints (Irnich, Desaulniers, "Shortest
// Path Problems with Resource Constraints", GERAD, 2004).
//
// Labels (cost, spent of the budget, memory used) grow layer by layer, in the order
// of their cost plus the least that the rest can cost (A*, Hart, Nilsson, Raphael,
// 1968); one that another label on the same layer and device beats in all is dropped.
// With a budget, the least is the larger of two: that of the cost alone, and that of
// the cost with the budget priced at its best multiplier, the Lagrangian bound. That is
// exact; its worst case is exponential, as the problem is a knapsack.
#pragma once

#include <optional>

#include "policies/label_limits.h"
#include "policies/step_costs.h"

namespace twinfer {

struct Budget {
  const StepCosts& costs;  // of the same steps as the cost
  double most = 0;

  [[nodiscard]] bool allows(double spent) const { return spent <= most * kRounding; }
};

// Nothing if no way keeps memory, rules and budget. Throws InputError where the search
// outgrows its bound.
std::optional<Assignment> cheapest_assignment(const StepCosts& costs, const PlacementRules& rules,
                                              const std::optional<Budget>& budget = std::nullopt);

}  // namespace twinfer
