// Many sources in one simulation: each sends the scenario's requests through a
// plan of its own, with executors and connections of its own; what they share is
// hosts and links. For measuring scale.
#pragma once

#include <cstdint>
#include <vector>

#include "core/plan.h"
#include "core/result.h"
#include "core/scenario.h"

namespace twinfer {

struct SourcePlan {
  DeviceId source = 0;
  Plan plan;
  std::uint64_t seed = 1;
};

// Rows by source, in order. The scenario's own source and seed are not used. Where the
// scenario replans, each source does.
// REQUIRES: at least one source, which is the scenario's if it replans; what simulate() requires of each plan.
std::vector<RunRows> simulate_streams(const Scenario& scenario, const std::vector<SourcePlan>& sources);

}  // namespace twinfer
