// What `twinfer validate` prints of a scenario: text, and JSON of any validation.
#pragma once

#include <string>

#include "cli/output.h"
#include "cli/planned_scenario.h"
#include "cli/validation.h"

namespace twinfer {

// Pairs the runs of one batch by policy.
Validation validate_batch(const PlannedScenario& planned, const Place& place);

std::string validation_text(const PlannedScenario& planned, const Validation& validation, const Place& place,
                            bool with_components);

}  // namespace twinfer
