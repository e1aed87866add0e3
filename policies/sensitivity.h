// How far a decision holds: the nearest change of every bandwidth, or of the load,
// at which a policy plans otherwise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/scenario.h"

namespace twinfer {

// Sought from 1/1024 to 1024 times of today's value, doubling by doubling, then
// halved to within 1 %: a plan that comes and goes between two doublings is missed.
inline constexpr double kFarthestFactor = 1024;

struct Turn {
  double factor = 1;  // of today's value
  std::vector<Stage> stages;
};

struct Sensitivity {
  std::optional<Turn> below;
  std::optional<Turn> above;
};

// REQUIRES: `plan` is what the policy plans today; a factor at which it refuses to
// plan ends the search on that side.
Sensitivity bandwidth_sensitivity(const Scenario& scenario, const Plan& plan);

// Of the arrival rate. REQUIRES: arrivals that have one.
Sensitivity load_sensitivity(const Scenario& scenario, const Plan& plan);

}  // namespace twinfer
