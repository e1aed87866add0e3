// The latency-throughput-energy front of a scenario, for people and for programs.
#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/planned_scenario.h"
#include "policies/pareto.h"

namespace twinfer {

// Throws InputError naming the scenario.
ParetoFront front_of(const PlannedScenario& planned);

// A table of at most `most` of its plans: the best of each column, those of the
// scenario's policies, and others evenly spaced. REQUIRES: a front that is not empty.
std::string front_text(const PlannedScenario& planned, const ParetoFront& front, std::size_t most);

// All of its plans, in SI units (docs/formats.md).
nlohmann::ordered_json front_json(const PlannedScenario& planned, const ParetoFront& front);
std::string front_csv(const PlannedScenario& planned, const ParetoFront& front);

}  // namespace twinfer
