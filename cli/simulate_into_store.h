// Simulates every plan of a scenario, each in a process of its own, into a store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/planned_scenario.h"
#include "cli/stored_run.h"

namespace twinfer {

// A name for the runs of one command: "20260131T120000Z-4711".
std::string new_batch();

// Writes `draws` runs a plan, in their order, each of other costs where these are sampled; at most `jobs` at a time. A
// simulation that fails leaves a run with status "failed" and its error. Throws InputError, before the first
// simulation, if the store cannot be written.
void simulate_into_store(const PlannedScenario& planned, const std::filesystem::path& store, const std::string& batch,
                         unsigned jobs, std::size_t draws = 1);

// The runs of `batch` in `mode`, as they began.
std::vector<StoredRun> stored_runs(const std::filesystem::path& store, const std::string& batch, Mode mode);

// Whether any request of these runs has ended.
bool any_rows(const std::vector<StoredRun>& runs);

// One line on stderr for every run that is not complete; how many there are.
std::size_t report_failures(const std::vector<StoredRun>& runs);

// "12 of 20 simulated" on one line of stderr that the next call overwrites;
// nothing unless stderr is a terminal. `done == all` clears the line.
void show_progress(const std::string& what, std::size_t done, std::size_t all);

}  // namespace twinfer
