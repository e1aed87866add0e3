// Back end 1: a plan played on SimGrid.
//
// One executor actor per stage, one sender actor per connection, in-process
// queues between them. Ignores: memory, disk, operating-system noise.
#pragma once

#include <filesystem>
#include <vector>

#include "core/plan.h"
#include "core/platform.h"
#include "core/result.h"
#include "core/scenario.h"
#include "core/workload.h"

namespace twinfer {

// Plays every request of `scenario` through `plan`; rows sorted by request id.
// Deterministic: equal arguments give equal rows, byte for byte.
// REQUIRES: plan passed check_plan; called once per process (SimGrid keeps its
// Engine and clock), so callers go through run_isolated.
RunRows simulate(const Scenario& scenario, const Plan& plan);

// The same of these requests in place of the scenario's. REQUIRES: ids 0, 1, ..., arrivals that do not
// descend.
RunRows simulate(const Scenario& scenario, const Plan& plan, std::vector<Request> requests);

// SimGrid's own reading of a platform file, in a child process because SimGrid
// aborts on malformed XML. Throws InputError with SimGrid's message.
Platform read_platform(const std::filesystem::path& file);

}  // namespace twinfer
