#include "cli/stored_run.h"

namespace twinfer {

std::string why_incomplete(const std::vector<StoredRun>& runs) {
  if (runs.empty()) return "not made";
  for (const StoredRun& run : runs)
    if (!run.info.error.empty()) return run.info.error;
  return "did not end";
}

}  // namespace twinfer
