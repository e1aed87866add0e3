// What a run cost: in joules above and at rest, and in money.
//
// All devices that take part count: the source, and those that a request reached.
// Links at rest are left out, as no run changes what they draw.
#pragma once

#include "core/result.h"
#include "core/scenario.h"
#include "report/result_store.h"
#include "report/summary.h"

namespace twinfer {

// Per returned request: `energy_j`, `energy_j.DEVICE`, `energy_j.links`, `idle_energy_j`,
// `total_energy_j`; per 1000 of them: `cost`. What is not known is left out
// (docs/formats.md: table `measures`). REQUIRES: `summary` of the rows, some of which returned.
Measures energy_measures(const Scenario& scenario, const RunRows& rows, const Summary& summary);

}  // namespace twinfer
