// A run as a store keeps it.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "report/measures.h"
#include "report/result_store.h"

namespace twinfer {

// With its rows and what they amount to.
struct StoredRun {
  RunInfo info;
  RunRows rows;
  Measures measures;
};

inline bool is_complete(const StoredRun& run) { return run.info.status == "complete"; }

// Why none of the runs is complete: the first error, else that they were not made, or did not end.
std::string why_incomplete(const std::vector<StoredRun>& runs);

}  // namespace twinfer
