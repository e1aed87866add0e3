// Error against load: a scenario at several shares of what each policy's plan sustains.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/validation.h"
#include "core/sweep.h"

namespace twinfer {

// A grid over the loads and the policies, those of the scenario if none are given. Requests arrive
// by the scenario's process, or Poisson where it is closed; the window of a closed loop goes with
// it. `unique` is part of the sweep's name. Throws InputError.
Sweep load_curve(const std::filesystem::path& scenario, const std::vector<std::string>& policies,
                 const std::vector<std::string>& loads, const std::string& unique);

// Its axes are fields of arrivals; a person asked for loads. REQUIRES: every pair has a load.
void name_by_load(Validation& validation);

}  // namespace twinfer
