// What a run amounts to, in numbers with names: of a table, a column each.
//
// Names end in their SI unit, or have none where they are counts or shares.
#pragma once

#include <string>

#include "core/result.h"
#include "core/scenario.h"
#include "report/result_store.h"

namespace twinfer {

// Real seconds that a run took; no result.
inline constexpr const char* kWallMeasure = "wall_s";

// Counts by status; latency (mean and percentiles over the returned requests),
// throughput, accuracy, share of early exits, bytes; the mean time by component;
// energy and cost.
// What is not known is left out (docs/formats.md: table `measures`).
Measures measures_of(const Scenario& scenario, const RunRows& rows);

// Of the mean time of a component of kComponents: "hop wait" is "hop_wait_s".
std::string measure_of_component(std::string component);

}  // namespace twinfer
