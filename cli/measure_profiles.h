// This machine's profiles, taken where and when they are needed.
#pragma once

#include <filesystem>

#include "core/scenario.h"

namespace twinfer {

// Runs `program profile` for every profile of a device whose worker is spawned
// here, over the file in the scenario's models folder: load the scenario again
// afterwards. Returns the exit code of the call that failed, else 0. Throws
// UsageError where devices are emulated: their profiles are not this machine's.
int measure_profiles(const std::filesystem::path& program, const Scenario& scenario);

}  // namespace twinfer
