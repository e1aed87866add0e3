#include "live/deployment.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/digest.h"
#include "core/error.h"
#include "core/stage_work.h"
#include "live/pacer.h"
#include "models/find_network.h"
#include "policies/exit_policy.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

constexpr double kQueueBytes = 256.0 * 1024 * 1024;  // that one queue may hold

// Enough messages for any sensible window, fewer where they are large.
std::uint32_t queue_capacity(Bytes message) {
  return static_cast<std::uint32_t>(std::clamp(kQueueBytes / std::max(message.si(), 1.0), 4.0, 256.0));
}

// Empty behind the last stage.
Cut cut_into(const LivePlan& live, std::size_t stage) {
  const std::vector<Cut> cuts = cuts_of(live.plan.stages, live.scenario.graph);
  return stage < cuts.size() ? cuts[stage] : Cut{};
}

// The same from every sender.
Seconds decode_cost(const LivePlan& live, const StageReplica& at) {
  const DeviceId device = device_of(live, at);
  return live.cost.hop(cut_into(live, at.stage), device, device).decode;
}

// `lacking` is what the real network lacks.
wire::SendShape shape_of(const HopCost& cost, Seconds lacking, const Scenario& scenario) {
  const double dilation = dilation_of(scenario);
  const bool held = scenario.live.emulate == Emulation::kAll;
  wire::SendShape shape;
  shape.set_held(held);
  if (scenario.live.emulate != Emulation::kNothing) shape.set_encode_s(dilation * cost.encode.si());
  shape.set_latency_s(dilation * (held ? cost.lag() : lacking).si());
  if (!held) return shape;  // the real message has its own overhead
  shape.set_overhead_s(dilation * cost.overhead.si());
  shape.set_transmit_s(dilation * cost.transmit.si());
  return shape;
}

// Ways to leave a stage: each active head on it, or none of them.
std::vector<std::optional<ExitId>> leavings(const LivePlan& live, const Stage& stage) {
  const auto exits = make_exit_policy(exits_of(live.scenario, live.plan));
  std::vector<std::optional<ExitId>> ways{std::nullopt};
  for (const ExitId head : stage_work(live.scenario.graph, stage, exits->active_heads(), std::nullopt).heads)
    ways.emplace_back(head);
  return ways;
}

wire::LeavingCost leaving_cost(const LivePlan& live, const StageReplica& at, std::optional<ExitId> exit) {
  const auto exits = make_exit_policy(exits_of(live.scenario, live.plan));
  const Stage& stage = live.plan.stages[at.stage];
  const StageWork work = stage_work(live.scenario.graph, stage, exits->active_heads(), exit);
  wire::LeavingCost cost;
  if (exit) cost.set_exit(*exit);
  const LatencyDistribution computing =
      scaled(live.cost.computing(work, device_of(live, at)), dilation_of(live.scenario));
  for (const Seconds quantile : computing.quantiles) cost.add_quantile_s(quantile.si());
  cost.set_mean_s(computing.mean.si());
  return cost;
}

wire::Emulation make_emulation(const LivePlan& live, const StageReplica& at) {
  wire::Emulation emulation;
  emulation.set_decode_s(dilation_of(live.scenario) * decode_cost(live, at).si());
  for (const std::optional<ExitId> exit : leavings(live, live.plan.stages[at.stage]))
    *emulation.add_computes() = leaving_cost(live, at, exit);
  emulation.set_forgiven_s(forgiven_lateness(live).si());
  return emulation;
}

// To the next stage, those that are this replica's turn, with their numbers; none from the last stage.
std::vector<std::pair<std::uint64_t, Way>> onward_ways(const LivePlan& live, const StageReplica& at) {
  const std::vector<Stage>& stages = live.plan.stages;
  std::vector<std::pair<std::uint64_t, Way>> onward;
  if (at.stage + 1 == stages.size()) return onward;
  const std::vector<Way> ways = ways_into(stages, at.stage + 1, live.scenario.source);
  for (std::uint64_t turn = 0; turn < ways.size(); ++turn)
    if (turn_of(turn, stages[at.stage].devices.size()) == at.replica) onward.emplace_back(turn, ways[turn]);
  return onward;
}

void add_turns(wire::Deploy& deploy, const LivePlan& live, const StageReplica& at,
               const std::function<std::string(DeviceId)>& endpoint_of) {
  const std::vector<Stage>& stages = live.plan.stages;
  deploy.set_replica(static_cast<std::uint32_t>(at.replica));
  deploy.set_replicas(static_cast<std::uint32_t>(stages[at.stage].devices.size()));
  if (at.stage + 1 == stages.size()) return;
  const std::size_t next_count = stages[at.stage + 1].devices.size();
  deploy.set_next_replicas(static_cast<std::uint32_t>(next_count));
  for (const auto& [turn, way] : onward_ways(live, at)) {
    wire::NextReplica& next = *deploy.add_next();
    next.set_replica(static_cast<std::uint32_t>(turn_of(turn, next_count)));
    next.set_endpoint(endpoint_of(way.to));
    *next.mutable_hop() = hop_shape(live, at.stage + 1, way);
  }
}

wire::SendShape result_shape(const LivePlan& live, const StageReplica& at) {
  const DeviceId device = device_of(live, at);
  const DeviceId source = live.scenario.source;
  return shape_of(live.cost.result_return(device, source), live.cost.platform().lacking(device, source, kResultBytes),
                  live.scenario);
}

void add_exits(wire::Deploy& deploy, const ExitSettings& exits) {
  deploy.set_exit_rule(static_cast<std::uint32_t>(exits.rule));
  for (const auto& [exit, value] : exits.thresholds) {
    wire::Threshold& threshold = *deploy.add_thresholds();
    threshold.set_exit(exit);
    threshold.set_value(value);
  }
}

WeightsFile weights_file(const fs::path& file, bool imported) {
  return {file, file_sha256(file), fs::file_size(file), imported};
}

std::string milliseconds(Seconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g ms", time.si() * 1e3);
  return text;
}

// Two digits, rounded up: the smallest number that a person would write.
std::string rounded_up(double dilation) {
  const double unit = std::pow(10, std::floor(std::log10(dilation)) - 1);
  char text[32];
  std::snprintf(text, sizeof text, "%g", std::ceil(dilation / unit) * unit);
  return text;
}

}  // namespace

std::optional<WeightsFile> find_weights_file(const fs::path& models_dir, const std::string& model) {
  if (is_imported(models_dir, model)) return weights_file(imported_file(models_dir, model), true);
  std::error_code missing;  // no folder, no trained weights
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(models_dir / "weights", missing))
    if (entry.is_regular_file() && entry.path().stem() == model) found.push_back(entry.path());
  if (found.empty()) return std::nullopt;
  return weights_file(*std::ranges::min_element(found), false);
}

double dilation_of(const Scenario& scenario) { return scenario.live.dilation; }

DeviceId device_of(const LivePlan& live, const StageReplica& at) {
  return live.plan.stages[at.stage].devices[at.replica];
}

std::vector<StageReplica> replicas_of(const Plan& plan) {
  std::vector<StageReplica> replicas;
  for (std::size_t stage = 0; stage < plan.stages.size(); ++stage)
    for (std::size_t replica = 0; replica < plan.stages[stage].devices.size(); ++replica)
      replicas.push_back({stage, replica});
  return replicas;
}

wire::SendShape hop_shape(const LivePlan& live, std::size_t stage, const Way& way) {
  return shape_of(live.cost.hop(cut_into(live, stage), way.from, way.to),
                  live.cost.platform().lacking(way.from, way.to, cut_into(live, stage).bytes), live.scenario);
}

Seconds whole_stage_cost(const LivePlan& live, const StageReplica& at) {
  const auto exits = make_exit_policy(exits_of(live.scenario, live.plan));
  const StageWork work =
      stage_work(live.scenario.graph, live.plan.stages[at.stage], exits->active_heads(), std::nullopt);
  return decode_cost(live, at) + live.cost.compute(work, device_of(live, at));
}

Seconds forgiven_lateness(const LivePlan& live) {
  const auto exits = make_exit_policy(exits_of(live.scenario, live.plan));
  const PlanCost cost = plan_cost(live.cost, live.plan.stages, live.scenario.source, exits->active_heads());
  const Seconds least(std::chrono::duration<double>(kWakeUp).count());
  return std::max(least, kForgivenShare * dilation_of(live.scenario) * cost.latency);
}

wire::Deploy make_deploy(const LivePlan& live, const StageReplica& at, std::uint64_t deployment,
                         const std::optional<WeightsFile>& weights,
                         const std::function<std::string(DeviceId)>& endpoint_of) {
  const Scenario& scenario = live.scenario;
  const std::vector<LayerId>& layers = live.plan.stages[at.stage].layers;
  const std::vector<long>& input_shape = scenario.graph.layer(0).output_shape;

  wire::Deploy deploy;
  deploy.set_deployment(deployment);
  deploy.set_stage(static_cast<std::uint32_t>(at.stage));
  deploy.set_model(scenario.model);
  deploy.mutable_input_shape()->Assign(input_shape.begin(), input_shape.end());
  deploy.set_weights_seed(scenario.weights_seed);
  if (weights) {
    deploy.set_weights_sha256(weights->sha256);
    deploy.set_weights_bytes(weights->bytes);
    deploy.set_imported(weights->imported);
  }
  const Cut received = cut_into(live, at.stage);
  const Cut sent = cut_into(live, at.stage + 1);
  deploy.mutable_layers()->Assign(layers.begin(), layers.end());
  deploy.mutable_receives()->Assign(received.tensors.begin(), received.tensors.end());
  deploy.mutable_sends()->Assign(sent.tensors.begin(), sent.tensors.end());
  add_exits(deploy, exits_of(scenario, live.plan));
  deploy.set_scheduling(scenario.scheduling);
  deploy.set_threads(scenario.threads);
  deploy.set_timeout_s(scenario.live.timeout.si());
  add_turns(deploy, live, at, endpoint_of);
  deploy.set_job_capacity(queue_capacity(received.bytes));
  deploy.set_hop_capacity(queue_capacity(sent.bytes));
  *deploy.mutable_result() = result_shape(live, at);
  if (scenario.live.emulate != Emulation::kNothing) *deploy.mutable_emulation() = make_emulation(live, at);
  return deploy;
}

wire::Reshape make_reshape(const LivePlan& live, const StageReplica& at, std::uint64_t deployment) {
  wire::Reshape reshape;
  reshape.set_deployment(deployment);
  reshape.set_stage(static_cast<std::uint32_t>(at.stage));
  reshape.set_replica(static_cast<std::uint32_t>(at.replica));
  for (const auto& [turn, way] : onward_ways(live, at)) *reshape.add_hops() = hop_shape(live, at.stage + 1, way);
  *reshape.mutable_result() = result_shape(live, at);
  return reshape;
}

void check_dilation(const LivePlan& live, const std::vector<Seconds>& measured) {
  if (live.scenario.live.emulate == Emulation::kNothing) return;
  const std::vector<StageReplica> replicas = replicas_of(live.plan);
  double needed = live.scenario.live.dilation;
  std::optional<std::size_t> worst;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    const double asks = measured[i] / whole_stage_cost(live, replicas[i]) / kLargestRealShare;
    if (asks <= needed) continue;
    needed = asks;
    worst = i;
  }
  if (!worst) return;

  const StageReplica& at = replicas[*worst];
  const Device& device = live.cost.platform().devices[device_of(live, at)];
  const std::string why = "stage " + std::to_string(at.stage + 1) + " on " + device.name + " takes " +
                          milliseconds(measured[*worst]) + " here, emulated " +
                          milliseconds(live.scenario.live.dilation * whole_stage_cost(live, at)) + ": ";
  if (live.scenario.live.emulate == Emulation::kCompute)
    throw InputError(live.scenario.file, "live.emulate", "compute",
                     why + "only `true` with a dilation of at least " + rounded_up(needed) + " leaves time for it");
  char dilation[32];
  std::snprintf(dilation, sizeof dilation, "%g", live.scenario.live.dilation);
  throw InputError(live.scenario.file, "live.dilation", dilation,
                   why + "at least " + rounded_up(needed) + " is needed");
}

}  // namespace twinfer
