#include "cli/rehearsal.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "core/bandwidth_trace.h"
#include "core/cost_model.h"
#include "core/error.h"
#include "core/run_refit.h"
#include "core/sweep.h"
#include "core/workload.h"
#include "policies/partition_policy.h"
#include "sim/isolated.h"
#include "sim/row_codec.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

constexpr unsigned kRounds = 3;  // of simulation and refit; the second changes little, the third nothing that matters

// Other arrivals and samples than those of the runs, and of other rounds.
std::uint64_t seed_of(const Scenario& scenario, std::size_t round) {
  return replication_seed(scenario.seed, round + 1);
}

// Of the scenario's requests if one a second arrived.
Seconds mean_gap(Scenario scenario) {
  scenario.arrivals = {scenario.arrivals.process, 1};
  return make_requests(scenario).back().arrival / static_cast<double>(scenario.requests);
}

// Of the clock.
Seconds between_requests(const Scenario& scenario, const Plan& plan) {
  const double dilation = scenario.live.dilation;
  if (scenario.arrivals.process != ArrivalProcess::kClosed)
    return Seconds(dilation / arrival_rate_hz(scenario.arrivals, plan));
  return dilation * std::max(plan.bottleneck, plan.predicted_latency / static_cast<double>(scenario.pd_num));
}

bool plans_the_same(const Scenario& scenario, const std::vector<Plan>& plans) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  return std::ranges::all_of(
      plans, [&](const Plan& plan) { return is_same_way(make_plan(scenario, cost, plan.policy), plan); });
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
RunRows simulated(const Scenario& scenario, const Plan& plan, std::optional<Seconds> patience) {
  const IsolatedOutcome outcome = run_isolated([&] { return encode_rows(simulate(scenario, plan)); }, patience);
  if (!outcome.ok) throw std::runtime_error("simulation of a rehearsal: " + outcome.error);
  return decode_rows(outcome.output);
}

}  // namespace

Scenario with_traffic(const Scenario& scenario, std::size_t round, std::uint64_t requests) {
  Scenario rehearsal = scenario;
  rehearsal.seed = seed_of(scenario, round);
  rehearsal.requests = requests;
  if (scenario.arrivals.process != ArrivalProcess::kPoisson) return rehearsal;
  const double pace = mean_gap(rehearsal) / mean_gap(scenario);
  rehearsal.arrivals.rate_hz *= pace;
  if (rehearsal.arrivals.load) *rehearsal.arrivals.load *= pace;
  return rehearsal;
}

std::uint64_t requests_to_rehearse(const Scenario& scenario, const std::vector<Plan>& plans, Seconds length) {
  Seconds of_all;
  for (const Plan& plan : plans) of_all += between_requests(scenario, plan);
  const double fitting = static_cast<double>(plans.size()) * (length / of_all);
  const auto enough = static_cast<std::uint64_t>(std::ceil(std::min(1e9, fitting)));
  const std::uint64_t requests = std::min(scenario.requests, std::max(kLeastRehearsed, enough));
  return plans_the_same(with_traffic(scenario, 0, requests), plans) ? requests : scenario.requests;
}

void check_rehearsable(const Scenario& scenario) {
  if (!change_times(scenario.platform).empty())
    throw InputError(scenario.file, "--rehearse", "",
                     "links of the platform change, so that a rehearsal tells no one bandwidth of them");
  if (scenario.network_model != "CM02")
    throw InputError(scenario.file, "network_model", scenario.network_model,
                     "must be CM02 for rehearsals: others add to latencies, which would pass for the links'");
}

std::vector<Rehearsed> rehearsed_by(const Scenario& scenario, const Plan& plan, const std::vector<StoredRun>& runs,
                                    std::size_t round) {
  const std::string way = describe(plan, scenario.graph, scenario.platform);
  std::vector<Rehearsed> rehearsals;
  std::string reason = why_incomplete({});
  for (const StoredRun& run : runs) {
    if (is_complete(run) && run.info.plan == way)
      rehearsals.push_back({round, run.rows});
    else if (run.info.policy == plan.policy)
      reason = is_complete(run) ? "ran another plan: " + run.info.plan : why_incomplete({run});
  }
  if (rehearsals.empty()) throw std::runtime_error("rehearsal " + std::to_string(round + 1) + ": " + reason);
  return rehearsals;
}

Scenario refitted(const Scenario& scenario, const Plan& plan, const std::vector<Rehearsed>& rehearsals,
                  std::optional<Seconds> patience) {
  Scenario twin = without_contention(scenario);
  for (unsigned round = 0; round < kRounds; ++round) {
    std::vector<RefitRun> runs;
    for (const Rehearsed& rehearsal : rehearsals) {
      Scenario traffic = with_traffic(twin, rehearsal.round, rehearsal.rows.results.size());
      traffic.costs = CostDraw::kMedian;
      runs.push_back({rehearsal.rows, simulated(traffic, plan, patience)});
    }
    Refit refit = refit_run(twin, plan, runs);
    twin.platform = std::move(refit.platform);
    twin.profiles = std::move(refit.profiles);
  }
  return twin;
}

}  // namespace twinfer
