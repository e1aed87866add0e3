// Back end 2: a plan run with the real network on a fleet of workers.
//
// Ignores: what else the machines do. Timings are what they are; decisions
// (cuts, exits, order, admission) are those of the same policies as in sim.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/result.h"
#include "core/scenario.h"
#include "live/fleet.h"

namespace twinfer {

// Rows of requests that are over, in batches as they come, each request once.
using RowSink = std::function<void(const RunRows&)>;

// Called when a link's bandwidth is to change, where something outside of this program limits it.
using LinkHook = std::function<void(const std::string& link, BytesPerSecond bandwidth)>;

struct LiveOutcome {
  RunRows rows;              // one result for every request, sorted
  std::string error;         // one line if the run is not to be trusted; empty if it is
  bool fleet_lost = false;   // a worker is gone: no further run on this fleet
  bool interrupted = false;  // by a signal
  std::uint64_t pads = 0;    // pieces of emulated work
  std::uint64_t late_pads = 0;
};

// Runs every request of `scenario` through `plan`, and where the scenario replans, from then
// on through the plans that follow (policies/replan.h). SIGINT and SIGTERM end the
// run early, its open requests failed. A lost or silent worker does the same.
// Throws InputError where the scenario cannot be run: a dilation that is too
// small, inputs that are missing, links that change where neither emulation nor `on_change` does
// so. REQUIRES: plan passed check_plan, and the
// fleet has a worker for each of its devices and theirs.
LiveOutcome run_live(Fleet& fleet, const Scenario& scenario, const Plan& plan, const RowSink& sink,
                     const LinkHook& on_change = {});

// The same with all of `plans` in place, of which requests set out by the first, and then by those that
// somebody orders on `socket` (live/plan_orders.h). The first one makes the arrivals, where they are
// a load. Throws InputError, besides, where the scenario itself replans.
LiveOutcome run_live_steered(Fleet& fleet, const Scenario& scenario, const std::vector<Plan>& plans,
                             const RowSink& sink, int socket, const LinkHook& on_change = {});

}  // namespace twinfer
