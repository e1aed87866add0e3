// The policies of a scenario over several seeds: means with intervals, the best of each
// measure, and which policies cannot be told apart from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/output.h"
#include "report/sweep_store.h"

namespace twinfer {

struct ReplicatedComparison {
  std::filesystem::path scenario;
  std::vector<std::string> policies;  // empty: those of the scenario
  std::uint64_t replications = 2;
  unsigned jobs = 1;
};

// Simulates every policy on the same seeds and stores runs and rows at `place`. Returns
// the runs, policies in their order, then replications. Throws InputError.
std::vector<SweptRun> compare_replicated(const ReplicatedComparison& comparison, const Place& place);

// "*" marks the best of a column, "~" those that a paired test cannot tell apart from it.
std::string replicated_text(const std::vector<SweptRun>& runs);
std::string replicated_json(const std::vector<SweptRun>& runs, const Place& place);

}  // namespace twinfer
