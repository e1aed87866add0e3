// Pictures of stored plans, as far as this machine can draw them again.
#pragma once

#include <vector>

#include "report/page.h"

namespace twinfer {

// Most plans that are drawn; the rest are named only.
inline constexpr std::size_t kDrawnPlans = 16;

// Draws each plan from its stored scenario, with Graphviz. Where the scenario cannot be
// loaded here, its policy plans otherwise now, or there is no Graphviz, the plan says so.
std::vector<PagePlan> drawn_plans(const std::vector<PlanToDraw>& plans);

}  // namespace twinfer
