// What `twinfer twin` prints: a line when a window is over, and a summary.
#pragma once

#include <string>
#include <vector>

#include "cli/planned_scenario.h"
#include "cli/standing_twin.h"

namespace twinfer {

std::string twin_heading();
// The window's line, and below it what there is to say: drift, a better plan, trouble.
std::string window_text(const PlannedScenario& planned, const std::vector<Plan>& plans, const WindowReport& report);
std::string window_json(const PlannedScenario& planned, const std::vector<Plan>& plans, const WindowReport& report);

// "12 windows, 10 of them predicted: error 1.2 % at the median, 37.9 % at most, 1 beyond 10 %; 1 change of plans".
std::string twin_summary(const std::vector<WindowReport>& reports, double band, std::size_t changes);

}  // namespace twinfer
