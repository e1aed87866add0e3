#include "cli/rehearsal.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "core/bandwidth_trace.h"
#include "core/error.h"
#include "core/run_refit.h"
#include "core/sweep.h"
#include "core/workload.h"
#include "sim/isolated.h"
#include "sim/row_codec.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

constexpr unsigned kRounds = 3;   // of simulation and refit; the second changes little, the third nothing that matters
constexpr Seconds kPatience(60);  // with a simulation

// Other arrivals and samples than those of the runs, and of other rounds.
std::uint64_t seed_of(const Scenario& scenario, std::size_t round) {
  return replication_seed(scenario.seed, round + 1);
}

Seconds between_requests(const Scenario& scenario, const Plan& plan) {
  if (scenario.arrivals.process == ArrivalProcess::kClosed) return plan.bottleneck;
  return Seconds(1 / arrival_rate_hz(scenario.arrivals, plan));
}

// Its devices take nothing from each other's cores.
Scenario without_contention(Scenario scenario) {
  for (Device& device : scenario.platform.devices) {
    device.machine.clear();
    device.contention = 1;
    device.message_cores = 0;
  }
  return scenario;
}

// Of the scenario's requests, as the twin knows it now.
RunRows simulated(const Scenario& scenario, const Plan& plan) {
  const IsolatedOutcome outcome = run_isolated([&] { return encode_rows(simulate(scenario, plan)); }, kPatience);
  if (!outcome.ok) throw std::runtime_error("simulation of a rehearsal: " + outcome.error);
  return decode_rows(outcome.output);
}

}  // namespace

Traffic rehearsal_of(const Scenario& scenario, const std::vector<Plan>& plans, Seconds length, std::size_t round) {
  Seconds of_all;
  for (const Plan& plan : plans) of_all += between_requests(scenario, plan);
  const double fitting = static_cast<double>(plans.size()) * (length / of_all);
  const auto enough = static_cast<std::uint64_t>(std::ceil(std::min(1e9, fitting)));
  return {seed_of(scenario, round), std::min(scenario.requests, std::max(kLeastRehearsed, enough))};
}

Scenario with_traffic(Scenario scenario, const Traffic& traffic) {
  scenario.seed = traffic.seed;
  scenario.requests = traffic.requests;
  return scenario;
}

void check_rehearsable(const Scenario& scenario) {
  if (!change_times(scenario.platform).empty())
    throw InputError(scenario.file, "--rehearse", "",
                     "links of the platform change, so that a rehearsal tells no one bandwidth of them");
}

Scenario refitted(const Scenario& scenario, const Plan& plan, const std::vector<Rehearsed>& rehearsals) {
  Scenario twin = without_contention(scenario);
  for (unsigned round = 0; round < kRounds; ++round) {
    std::vector<RefitRun> runs;
    for (const Rehearsed& rehearsal : rehearsals) {
      Scenario traffic = with_traffic(twin, {seed_of(scenario, rehearsal.round), rehearsal.rows.results.size()});
      traffic.costs = CostDraw::kMedian;
      runs.push_back({rehearsal.rows, simulated(traffic, plan)});
    }
    Refit refit = refit_run(twin, plan, runs);
    twin.platform = std::move(refit.platform);
    twin.profiles = std::move(refit.profiles);
  }
  return twin;
}

}  // namespace twinfer
