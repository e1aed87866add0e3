// How well a run with changing links was predicted, part by part.
#pragma once

#include <string>

#include "cli/output.h"
#include "cli/planned_scenario.h"

namespace twinfer {

// P50 of both worlds for the requests that arrived between two changes of bandwidth, a row for
// each policy and part; empty where no link changes. Means over the live runs.
std::string changes_text(const PlannedScenario& planned, const Place& place);

}  // namespace twinfer
