// validate --rehearse: what a live run of a plan on other traffic says about the plan's own run, which it never sees.
//
// Rehearsals have the scenario's arrival process, load and plans, and are made as its runs are: one policy after the
// other on one fleet, since the first run of a call is slower than those behind it. But arrivals and samples are
// others, and they end earlier. The twin is refitted to it (core/run_refit.h), held against its own simulation of the
// same rehearsal. What executors and messages take from each other's cores was part of what the rehearsal measured, at
// the load that is to be predicted; so the twin does not add it again.
#pragma once

#include <cstddef>
#include <vector>

#include "core/plan.h"
#include "core/result.h"
#include "core/scenario.h"

namespace twinfer {

inline constexpr std::uint64_t kLeastRehearsed = 50;  // requests, or as many as the scenario has

// What makes the scenario rehearsal number `round` of these plans, each of which takes about `length` on average.
struct Traffic {
  std::uint64_t seed = 1;
  std::uint64_t requests = 0;
};
Traffic rehearsal_of(const Scenario& scenario, const std::vector<Plan>& plans, Seconds length, std::size_t round);
Scenario with_traffic(Scenario scenario, const Traffic& traffic);

// Rehearsal number `round`: its rows.
struct Rehearsed {
  std::size_t round = 0;
  RunRows rows;
};

// Throws InputError where links change during a run, of which rehearsals then tell no one bandwidth.
void check_rehearsable(const Scenario& scenario);

// The scenario as its rehearsals tell it. Throws InputError as refit_run does. Simulates, so one thread
// (sim/isolated.h). REQUIRES: at least one rehearsal, of this plan.
Scenario refitted(const Scenario& scenario, const Plan& plan, const std::vector<Rehearsed>& rehearsals);

}  // namespace twinfer
