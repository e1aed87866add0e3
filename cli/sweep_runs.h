// How the runs of a sweep are made. Each is made in a process of its own, which ends in
// an answer: a string that holds the whole run, as it crosses a pipe or a network.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "cli/sweep_plan.h"
#include "core/plan.h"
#include "core/scenario.h"
#include "report/sweep_store.h"
#include "sim/isolated.h"

namespace twinfer {

// Called once for each run, as it ends, in the calling process.
using Deliver = std::function<void(std::size_t run, const IsolatedOutcome& outcome)>;

// Simulates the plan, here.
std::string simulated_answer(const Scenario& scenario, const Plan& plan, bool keep_rows, const std::string& batch);
// Plans and simulates the run, here. Throws InputError where its policy has no plan.
std::string simulated_answer(const SweepPlan& plan, std::size_t run, ScenarioLoader& loader, const std::string& batch);

// Simulates the runs in child processes, at most `jobs` at a time. One that crashes or
// outlives the sweep's run_timeout is delivered as such.
void simulate_runs(const SweepPlan& plan, const std::vector<std::size_t>& runs, ScenarioLoader& loader,
                   const std::string& batch, unsigned jobs, const Deliver& deliver);

// Makes the runs over TCP, one at a time, through `node_program`. A signal that asks this
// process to end ends the run that is being made, which is not delivered: throws
// std::runtime_error.
void run_live_runs(const SweepPlan& plan, const std::vector<std::size_t>& runs, ScenarioLoader& loader,
                   const std::string& batch, const std::filesystem::path& node_program, const Deliver& deliver);

// The same for runs that differ in their policy alone, one after the other on one fleet of workers. `change`, if any,
// is made to the scenario that they share.
void run_live_group(const SweepPlan& plan, const std::vector<std::size_t>& runs, ScenarioLoader& loader,
                    const std::string& batch, const std::filesystem::path& node_program, const Deliver& deliver,
                    const std::function<Scenario(const Scenario&)>& change = {});

// What the store keeps of a run that ended so.
SweptRun swept_run(const SweepPlan& plan, std::size_t run, const IsolatedOutcome& outcome, ScenarioLoader& loader,
                   const std::string& batch);

}  // namespace twinfer
