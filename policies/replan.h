// Deciding again while requests run, and what that costs: the time to decide, and the
// parameters of layers that a device did not have yet, which the source sends to it.
// Requests set out by the newest plan, and stay with the one that they began with.
//
// Bandwidths are known in advance, from the platform's profiles, so both back ends take
// the same plans at the same times. A decision is for the bandwidths of its moment alone.
#pragma once

#include <vector>

#include "core/plan.h"
#include "core/scenario.h"
#include "policies/held_parameters.h"

namespace twinfer {

struct PlanPhase {
  Seconds decided;  // the change that led to it; requests follow after deciding and moving
  Plan plan;
  std::vector<ParameterMove> moves;  // from the source, one after another; none to itself
};

// `first`, and where the scenario replans, a plan of the same policy whenever a link's bandwidth
// differs from that of the last decision by the scenario's share or more, and the plan from the
// last one. Devices keep what they got. Throws InputError where the policy finds no plan.
std::vector<PlanPhase> plan_phases(const Scenario& scenario, const Plan& first);

}  // namespace twinfer
