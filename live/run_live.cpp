#include "live/run_live.h"

#include <algorithm>

#include "core/bandwidth_trace.h"
#include "core/error.h"
#include "live/deployment.h"
#include "live/fleet_members.h"
#include "live/inputs.h"
#include "live/live_run.h"
#include "live/run_setup.h"
#include "live/run_to_end.h"
#include "policies/replan.h"

namespace twinfer {
namespace {

constexpr unsigned kWarmUps = 3;
constexpr double kLargestLateShare = 0.05;

// So many requests in a row pass every connection between stages.
std::uint64_t most_turns(const std::vector<Stage>& stages, DeviceId source) {
  std::uint64_t most = 1;
  for (std::size_t stage = 0; stage < stages.size(); ++stage)
    most = std::max<std::uint64_t>(most, ways_into(stages, stage, source).size());
  return most;
}

void judge_pads(LiveOutcome& outcome) {
  const double share =
      static_cast<double>(outcome.late_pads) / static_cast<double>(std::max<std::uint64_t>(outcome.pads, 1));
  if (share <= kLargestLateShare || !outcome.error.empty()) return;
  outcome.error = std::to_string(outcome.late_pads) + " of " + std::to_string(outcome.pads) +
                  " emulated waits ended over 10 % late: this machine was too busy, a larger live.dilation would do";
}

// A worker that is lost only now has done its work, but cannot do more.
Task<void> collect_pads(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment, LiveOutcome& outcome) {
  PadTotals totals;
  try {
    co_await undeploy_all(fleet, live, deployment, totals);
  } catch (const ConnectionError& error) {
    outcome.fleet_lost = true;
    if (outcome.error.empty()) outcome.error = error.what();
  }
  outcome.pads += totals.pads;
  outcome.late_pads += totals.late;
}

Task<RunPath> lay_path(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment, std::uint64_t run,
                       const WireTensor& input) {
  co_await deploy_all(fleet, live, deployment, run);
  RunConnections connections = co_await connect_all(fleet, live, deployment);
  RunPath path{live, deployment, std::move(connections)};
  const std::uint64_t probes = kWarmUps * most_turns(live.plan.stages, live.scenario.source);
  for (std::uint64_t id = 0; id < probes; ++id) co_await send_probe(live, path.connections, id, input);
  co_return path;
}

// Every plan of the run is in place before it begins, so that a change of plans fails nobody.
Task<LiveOutcome> run_deployed(Fleet::Members& fleet, const Scenario& scenario, const CostModel& cost,
                               const std::vector<PlanPhase>& phases, std::map<std::uint64_t, WireTensor> inputs,
                               const RowSink& sink, const LinkHook& on_change, PlanOrders* orders) {
  const std::uint64_t first = new_deployment();
  std::vector<RunPath> paths;
  for (const PlanPhase& phase : phases) {
    const LivePlan live{scenario, phase.plan, cost};
    RunPath path = co_await lay_path(fleet, live, first + paths.size(), first, inputs.begin()->second);
    paths.push_back(std::move(path));
  }

  LiveRun run(fleet, paths, phases, std::move(inputs), sink, on_change, orders);
  co_await run.run();
  LiveOutcome outcome = run.take_outcome();
  outcome.pads = run.pads().pads;
  outcome.late_pads = run.pads().late;
  for (const RunPath& path : paths)
    if (!outcome.fleet_lost) co_await collect_pads(fleet, path.live, path.deployment, outcome);
  judge_pads(outcome);
  co_return outcome;
}

// The run before may have left links as they were at its end.
void reset_links(const Platform& platform, const LinkHook& on_change) {
  if (!on_change) return;
  for (const Link& link : platform.links)
    if (!link.changes.empty()) on_change(link.name, link.bandwidth);
}

// A run that never began still has a row for every request.
LiveOutcome all_failed(const Scenario& scenario, const std::string& error, const RowSink& sink) {
  LiveOutcome outcome;
  outcome.error = error;
  outcome.fleet_lost = true;
  for (const Request& request : make_requests(scenario)) {
    ResultRow row;
    row.request = request.id;
    row.sample = request.sample;
    row.arrival_s = request.arrival.si();
    row.error = error;
    outcome.rows.results.push_back(row);
  }
  sink(outcome.rows);
  return outcome;
}

LiveOutcome run_phases(Fleet& fleet, const Scenario& given, const std::vector<PlanPhase>& phases, const RowSink& sink,
                       const LinkHook& on_change, PlanOrders* orders) {
  if (!change_times(given.platform).empty() && given.live.emulate != Emulation::kAll && !on_change)
    throw InputError(given.file, "live.emulate", to_string(given.live.emulate),
                     "links of the platform change: `true` follows them, or --on-bandwidth COMMAND changes real ones");
  Scenario scenario = given;
  scenario.arrivals.rate_hz = arrival_rate_hz(given.arrivals, phases.front().plan);
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  std::map<std::uint64_t, WireTensor> inputs = load_inputs(scenario, make_requests(scenario));
  reset_links(scenario.platform, on_change);
  ask_for_fine_timers();
  try {
    return run_to_end(fleet.members().io, run_deployed(fleet.members(), scenario, cost, phases, std::move(inputs), sink,
                                                       on_change, orders));
  } catch (const ConnectionError& error) {
    return all_failed(scenario, error.what(), sink);
  }
}

}  // namespace

LiveOutcome run_live(Fleet& fleet, const Scenario& scenario, const Plan& plan, const RowSink& sink,
                     const LinkHook& on_change) {
  return run_phases(fleet, scenario, plan_phases(scenario, plan), sink, on_change, nullptr);
}

LiveOutcome run_live_steered(Fleet& fleet, const Scenario& scenario, const std::vector<Plan>& plans,
                             const RowSink& sink, int socket, const LinkHook& on_change) {
  if (scenario.replan)
    throw InputError(scenario.file, "replan", "", "is the scenario's own, and somebody else is to say the plans");
  std::vector<PlanPhase> phases;
  for (const Plan& plan : plans) phases.push_back({Seconds(0), plan, {}});
  PlanOrders orders(fleet.members().io, socket);
  return run_phases(fleet, scenario, phases, sink, on_change, &orders);
}

}  // namespace twinfer
