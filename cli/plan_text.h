// A plan as a person reads it: steps with their places, sizes and times.
#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/planned_scenario.h"
#include "core/plan.h"

namespace twinfer {

// Times without contention, no exit taken; they add up to the predicted latency.
// Stages count from 1, as in everything that people read.
std::string plan_text(const PlannedScenario& planned, const Plan& plan);

// What was minimised, why this plan, and at most `most` of the candidates.
std::string explanation_text(const PlannedScenario& planned, const Plan& plan, std::size_t most);

// All of it in SI units, every layer by name.
nlohmann::ordered_json plan_json(const PlannedScenario& planned, const Plan& plan);

}  // namespace twinfer
