// validate --refit: what a live run of one policy says about those of others.
#pragma once

#include <string>
#include <vector>

#include "cli/planned_scenario.h"
#include "cli/simulate_into_store.h"

namespace twinfer {

class RefitQuestion {
 public:
  // Throws InputError where `policy` is not planned, is the only one, or links change during a run, of
  // which it then tells no one bandwidth. Borrows.
  RefitQuestion(const PlannedScenario& planned, const std::string& policy);

  // The plans of the other policies in the scenario as the first complete run of `policy` among these
  // tells it (core/run_refit.h). Throws std::runtime_error where there is none.
  [[nodiscard]] PlannedScenario refitted(const std::vector<StoredRun>& live) const;

 private:
  const PlannedScenario& planned_;
  const Plan* told_ = nullptr;
};

}  // namespace twinfer
