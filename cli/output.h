// What commands that run scenarios print when they are done.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <cxxopts.hpp>

#include "cli/planned_scenario.h"
#include "cli/simulate_into_store.h"

namespace twinfer {

// Where the rows are.
struct Place {
  std::filesystem::path store;
  std::string batch;
};

// The workload, a table of the complete runs and the place of the rows on
// stdout, or JSON if --json asks for it; the timeline if --trace does.
void print_runs(const PlannedScenario& planned, const std::vector<StoredRun>& runs, const Place& place,
                const cxxopts::ParseResult& arguments, bool mark_best);

// The whole of `sim` and `compare`, once their options are parsed: simulates the
// chosen policies into the store and prints their runs. Returns the exit code.
int simulate_and_print(const cxxopts::ParseResult& arguments, bool mark_best);

// "Rows: ./twinfer-results.sqlite, batch 20260131T120000Z-4711".
std::string place_line(const Place& place);

// --trace FILE.
void add_trace_option(cxxopts::Options& options);
void save_trace(const PlannedScenario& planned, const std::vector<StoredRun>& runs, const std::filesystem::path& file);

}  // namespace twinfer
