// The runs of a sweep, checked and named before the first of them is made.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/scenario.h"
#include "core/sweep.h"

namespace twinfer {

struct SweepPlan {
  Sweep sweep;
  std::vector<SweepRun> runs;
  std::vector<std::string> keys;  // by run: a hash of all that its result follows from, this program's commit included
};

// Loads the scenario of every run. Throws InputError that names sweep and run if one
// of them is wrong, or two are the same.
SweepPlan plan_sweep(const std::filesystem::path& file, ScenarioLoader& loader);
// The same of a sweep that is no file. REQUIRES: an axis `policy`.
SweepPlan plan_runs(Sweep sweep, ScenarioLoader& loader);

// What run `run` is about; its one policy is the run's.
Scenario scenario_of(const SweepPlan& plan, std::size_t run, ScenarioLoader& loader);

}  // namespace twinfer
