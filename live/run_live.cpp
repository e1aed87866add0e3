#include "live/run_live.h"

#include <fstream>

#include <unistd.h>

#include "core/error.h"
#include "live/deployment.h"
#include "live/fleet_members.h"
#include "live/handshake.h"
#include "live/inputs.h"
#include "live/live_run.h"
#include "live/run_to_end.h"

namespace twinfer {
namespace {

constexpr std::chrono::minutes kDeployPatience{5};  // the largest networks are built in it
constexpr std::chrono::seconds kPatience{20};
constexpr unsigned kWarmUps = 3;
constexpr double kLargestLateShare = 0.05;

std::uint64_t new_deployment() {
  return static_cast<std::uint64_t>(to_ns(steady_now())) ^ (static_cast<std::uint64_t>(getpid()) << 48);
}

FleetMember& member_of(Fleet::Members& fleet, const LivePlan& live, std::size_t stage) {
  return fleet.by_device.at(live.plan.stages[stage].device);
}

WireTensor read_file(const WeightsFile& weights) {
  WireTensor content = allocate_bytes(0, {}, weights.bytes);
  std::ifstream in(weights.path, std::ios::binary);
  in.read(reinterpret_cast<char*>(content.bytes.data()), static_cast<std::streamsize>(weights.bytes));
  if (!in) throw InputError(weights.path.string(), "", "", "cannot be read");
  return content;
}

Task<void> send_weights(Connection& control, const WeightsFile& weights) {
  wire::Header header;
  header.mutable_weights();
  const std::vector<WireTensor> content{read_file(weights)};
  co_await control.send(header, content, kDeployPatience);
}

// Returns the measured time of the stage.
Task<Seconds> deploy(Connection& control, const wire::Deploy& message, const std::optional<WeightsFile>& weights) {
  wire::Header question;
  *question.mutable_deploy() = message;
  co_await control.send(question, {}, kPatience);
  const ReceiveRules rules = no_payload(kDeployPatience, kPatience);
  Frame answer = co_await control.receive(rules);
  if (answer.header.has_need_weights() && weights) {
    co_await send_weights(control, *weights);
    answer = co_await control.receive(rules);
  }
  if (answer.header.has_failure()) throw ConnectionError(control.peer() + ": " + answer.header.failure().text());
  if (!answer.header.has_deployed())
    throw ConnectionError(control.peer() + ": answered a deployment with " + message_name(answer.header));
  co_return Seconds(answer.header.deployed().compute_s());
}

Task<void> deploy_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment) {
  const std::optional<WeightsFile> weights = find_trained_weights(live.scenario.models_dir, live.scenario.model);
  const std::size_t count = live.plan.stages.size();
  std::vector<Seconds> measured;
  for (std::size_t stage = 0; stage < count; ++stage) {
    const std::string next = stage + 1 < count ? to_string(member_of(fleet, live, stage + 1).endpoint) : "";
    const wire::Deploy message = make_deploy(live, stage, deployment, weights, next);
    measured.push_back(co_await deploy(*member_of(fleet, live, stage).control, message, weights));
  }
  check_dilation(live, measured);
}

Task<RunConnections> connect_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment) {
  const std::size_t count = live.plan.stages.size();
  wire::Header hop;
  hop.mutable_connect()->set_deployment(deployment);
  for (std::size_t stage = 0; stage + 1 < count; ++stage) {
    hop.mutable_connect()->set_stage(static_cast<std::uint32_t>(stage));
    co_await ask(*member_of(fleet, live, stage).control, hop, wire::Header::kConnected, kPatience);
  }
  RunConnections connections;
  wire::Hello hello;
  hello.set_deployment(deployment);
  hello.set_role(wire::RESULT);
  for (std::size_t stage = 0; stage < count; ++stage) {
    hello.set_stage(static_cast<std::uint32_t>(stage));
    connections.results.push_back(co_await dial_worker(member_of(fleet, live, stage).endpoint, hello, kPatience));
  }
  hello.set_role(wire::DATA);
  hello.set_stage(0);
  connections.data = co_await dial_worker(member_of(fleet, live, 0).endpoint, hello, kPatience);
  co_return connections;
}

// Frees the workers and adds up what they counted.
Task<void> undeploy_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment, LiveOutcome& outcome) {
  wire::Header question;
  question.mutable_undeploy()->set_deployment(deployment);
  for (std::size_t stage = 0; stage < live.plan.stages.size(); ++stage) {
    const wire::Header answer =
        co_await ask(*member_of(fleet, live, stage).control, question, wire::Header::kUndeployed, kPatience);
    outcome.pads += answer.undeployed().pads();
    outcome.late_pads += answer.undeployed().late_pads();
  }
}

void judge_pads(LiveOutcome& outcome) {
  const double share =
      static_cast<double>(outcome.late_pads) / static_cast<double>(std::max<std::uint64_t>(outcome.pads, 1));
  if (share <= kLargestLateShare || !outcome.error.empty()) return;
  outcome.error = std::to_string(outcome.late_pads) + " of " + std::to_string(outcome.pads) +
                  " emulated waits ended over 10 % late: this machine was too busy, a larger live.dilation would do";
}

Task<LiveOutcome> run_deployed(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment,
                               std::map<std::uint64_t, WireTensor> inputs, const RowSink& sink) {
  co_await deploy_all(fleet, live, deployment);
  RunConnections connections = co_await connect_all(fleet, live, deployment);
  co_await warm_up(live, connections, inputs.begin()->second, kWarmUps);

  LiveRun run(fleet, live, std::move(connections), std::move(inputs), sink);
  co_await run.run();
  LiveOutcome outcome = run.take_outcome();
  outcome.pads = run.pads().pads;
  outcome.late_pads = run.pads().late;
  if (!outcome.fleet_lost) co_await undeploy_all(fleet, live, deployment, outcome);
  judge_pads(outcome);
  co_return outcome;
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

}  // namespace

LiveOutcome run_live(Fleet& fleet, const Scenario& scenario, const Plan& plan, const RowSink& sink) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  const LivePlan live{scenario, plan, cost};
  std::map<std::uint64_t, WireTensor> inputs = load_inputs(scenario, make_requests(scenario));
  ask_for_fine_timers();
  try {
    return run_to_end(fleet.members().io,
                      run_deployed(fleet.members(), live, new_deployment(), std::move(inputs), sink));
  } catch (const ConnectionError& error) {
    return all_failed(scenario, error.what(), sink);
  }
}

}  // namespace twinfer
