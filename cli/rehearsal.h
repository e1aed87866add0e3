// validate --rehearse: what a live run of a plan on other traffic says about the plan's own run, which it never sees.
//
// Rehearsals have the scenario's arrival process, load and plans, and are made as its runs are: one policy after the
// other on one fleet, since the first run of a call is slower than those behind it. But arrivals and samples are
// others, and as a rule fewer. The twin is refitted to them (core/run_refit.h), held against its own simulation of the
// same rehearsals. What executors and messages take from each other's cores was part of what they measured, at the load
// that is to be predicted; so the twin does not add it again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "cli/stored_run.h"
#include "core/plan.h"
#include "core/result.h"
#include "core/scenario.h"

namespace twinfer {

inline constexpr std::uint64_t kLeastRehearsed = 50;  // requests, or as many as the scenario has

// How many requests make a rehearsal of these plans, each of which takes about `length` of the clock on average: all
// that the scenario has, where by fewer a policy would plan otherwise.
std::uint64_t requests_to_rehearse(const Scenario& scenario, const std::vector<Plan>& plans, Seconds length);

// The scenario with the traffic of rehearsal number `round`, which comes as densely as its own: 50 Poisson arrivals are
// 14 % more or less of them in a second than the process has, and computing beside others takes longer.
Scenario with_traffic(const Scenario& scenario, std::size_t round, std::uint64_t requests);

// Rehearsal number `round`: its rows.
struct Rehearsed {
  std::size_t round = 0;
  RunRows rows;
};

// Throws InputError where links change during a run, of which rehearsals then tell no one bandwidth, and where the
// network model adds to latencies, which a refit would take for the links'.
void check_rehearsable(const Scenario& scenario);

// The rehearsals of the plan among `runs`, which are number `round` of the scenario's policies: what one of them
// rehearsed, all have that planned the same. Throws std::runtime_error saying why this policy has none, where there is
// none.
std::vector<Rehearsed> rehearsed_by(const Scenario& scenario, const Plan& plan, const std::vector<StoredRun>& runs,
                                    std::size_t round);

// The scenario as its rehearsals tell it. Throws InputError as refit_run does, and std::runtime_error if a simulation
// fails or takes longer than `patience`. Simulates, so one thread (sim/isolated.h). REQUIRES: at least one rehearsal,
// of this plan.
Scenario refitted(const Scenario& scenario, const Plan& plan, const std::vector<Rehearsed>& rehearsals,
                  std::optional<Seconds> patience = {});

}  // namespace twinfer
