// What a policy decides during a run, as text and JSON.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "cli/planned_scenario.h"

namespace twinfer {

// A table with a row for every later plan; empty where the scenario does not replan.
std::string replan_text(const PlannedScenario& planned, const Plan& plan);

// [{decided_s, plan, moves: [{device, bytes}]}], the first plan left out.
nlohmann::ordered_json replan_json(const PlannedScenario& planned, const Plan& plan);

}  // namespace twinfer
