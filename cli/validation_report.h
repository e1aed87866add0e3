// What `twinfer validate` makes of the simulated and the measured runs of one batch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/planned_scenario.h"
#include "cli/run_tables.h"
#include "cli/simulate_into_store.h"

namespace twinfer {

struct ValidationReport {
  std::vector<ValidationLine> lines;  // policies with both runs complete
  std::vector<std::string> failures;  // "lbc: P50 error +12.0 % is beyond ..."; empty: passed
};

// Pairs runs by policy; a second measured run of a policy gives its noise.
ValidationReport validate_runs(const PlannedScenario& planned, const std::vector<StoredRun>& simulated,
                               const std::vector<StoredRun>& measured);

std::string validation_text(const PlannedScenario& planned, const ValidationReport& report, const Place& place);
std::string validation_json(const PlannedScenario& planned, const ValidationReport& report, const Place& place);

// Mean time per request by component, simulated and measured, a row a policy and component.
std::string components_text(const ValidationReport& report);

}  // namespace twinfer
