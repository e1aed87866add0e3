#include "live/deployment.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/stage_work.h"
#include "live/pacer.h"
#include "models/find_network.h"
#include "models/weights.h"
#include "policies/exit_policy.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

constexpr double kQueueBytes = 256.0 * 1024 * 1024;  // that one queue may hold

// Enough messages for any sensible window, fewer where they are large.
std::uint32_t queue_capacity(Bytes message) {
  return static_cast<std::uint32_t>(std::clamp(kQueueBytes / std::max(message.si(), 1.0), 4.0, 256.0));
}

DeviceId sender_of(const LivePlan& live, std::size_t stage) {
  return stage == 0 ? live.scenario.source : live.plan.stages[stage - 1].devices.front();
}

// Empty behind the last stage.
Cut cut_into(const LivePlan& live, std::size_t stage) {
  const std::vector<Cut> cuts = cuts_of(live.plan.stages, live.scenario.graph);
  return stage < cuts.size() ? cuts[stage] : Cut{};
}

HopCost hop_into(const LivePlan& live, std::size_t stage) {
  return live.cost.hop(cut_into(live, stage), sender_of(live, stage), live.plan.stages[stage].devices.front());
}

wire::SendCost dilated(const HopCost& cost, double dilation) {
  wire::SendCost sent;
  sent.set_encode_s(dilation * cost.encode.si());
  sent.set_rest_s(dilation * (cost.overhead + cost.wire).si());
  return sent;
}

// Ways to leave a stage: each active head on it, or none of them.
std::vector<std::optional<ExitId>> leavings(const LivePlan& live, const Stage& stage) {
  const auto exits = make_exit_policy(exits_of(live.scenario, live.plan));
  std::vector<std::optional<ExitId>> ways{std::nullopt};
  for (const ExitId head : stage_work(live.scenario.graph, stage, exits->active_heads(), std::nullopt).heads)
    ways.emplace_back(head);
  return ways;
}

// A sum of piecewise linear quantile functions with common knots is one too, so
// seven numbers carry every draw exactly.
wire::LeavingCost leaving_cost(const LivePlan& live, const Stage& stage, std::optional<ExitId> exit) {
  const auto exits = make_exit_policy(exits_of(live.scenario, live.plan));
  const StageWork work = stage_work(live.scenario.graph, stage, exits->active_heads(), exit);
  wire::LeavingCost cost;
  if (exit) cost.set_exit(*exit);
  for (const double quantile : kQuantiles)
    cost.add_quantile_s(dilation_of(live.scenario) * live.cost.compute(work, stage.devices.front(), quantile).si());
  return cost;
}

wire::Emulation make_emulation(const LivePlan& live, std::size_t stage) {
  wire::Emulation emulation;
  emulation.set_decode_s(dilation_of(live.scenario) * hop_into(live, stage).decode.si());
  for (const std::optional<ExitId> exit : leavings(live, live.plan.stages[stage]))
    *emulation.add_computes() = leaving_cost(live, live.plan.stages[stage], exit);
  if (stage + 1 < live.plan.stages.size()) *emulation.mutable_hop() = hop_send_cost(live, stage + 1);
  *emulation.mutable_result() = result_send_cost(live, stage);
  emulation.set_forgiven_s(forgiven_lateness(live).si());
  return emulation;
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

double dilation_of(const Scenario& scenario) { return scenario.live.emulate ? scenario.live.dilation : 1; }

wire::SendCost hop_send_cost(const LivePlan& live, std::size_t stage) {
  return dilated(hop_into(live, stage), dilation_of(live.scenario));
}

wire::SendCost result_send_cost(const LivePlan& live, std::size_t stage) {
  const HopCost cost = live.cost.result_return(live.plan.stages[stage].devices.front(), live.scenario.source);
  return dilated(cost, dilation_of(live.scenario));
}

Seconds whole_stage_cost(const LivePlan& live, std::size_t stage) {
  const Stage& at = live.plan.stages[stage];
  const auto exits = make_exit_policy(exits_of(live.scenario, live.plan));
  const StageWork work = stage_work(live.scenario.graph, at, exits->active_heads(), std::nullopt);
  return hop_into(live, stage).decode + live.cost.compute(work, at.devices.front());
}

Seconds forgiven_lateness(const LivePlan& live) {
  const auto exits = make_exit_policy(exits_of(live.scenario, live.plan));
  const PlanCost cost = plan_cost(live.cost, live.plan.stages, live.scenario.source, exits->active_heads());
  const Seconds least(std::chrono::duration<double>(kWakeUp).count());
  return std::max(least, kForgivenShare * dilation_of(live.scenario) * cost.latency);
}

wire::Deploy make_deploy(const LivePlan& live, std::size_t stage, std::uint64_t deployment,
                         const std::optional<WeightsFile>& weights, const std::string& next_endpoint) {
  const Scenario& scenario = live.scenario;
  const Stage& at = live.plan.stages[stage];
  const std::vector<long>& input_shape = scenario.graph.layer(0).output_shape;

  wire::Deploy deploy;
  deploy.set_deployment(deployment);
  deploy.set_stage(static_cast<std::uint32_t>(stage));
  deploy.set_model(scenario.model);
  deploy.mutable_input_shape()->Assign(input_shape.begin(), input_shape.end());
  deploy.set_weights_seed(scenario.weights_seed);
  if (weights) {
    deploy.set_weights_sha256(weights->sha256);
    deploy.set_weights_bytes(weights->bytes);
    deploy.set_imported(weights->imported);
  }
  const Cut received = cut_into(live, stage);
  const Cut sent = cut_into(live, stage + 1);
  deploy.mutable_layers()->Assign(at.layers.begin(), at.layers.end());
  deploy.mutable_receives()->Assign(received.tensors.begin(), received.tensors.end());
  deploy.mutable_sends()->Assign(sent.tensors.begin(), sent.tensors.end());
  add_exits(deploy, exits_of(scenario, live.plan));
  deploy.set_scheduling(scenario.scheduling);
  deploy.set_threads(scenario.threads);
  deploy.set_timeout_s(scenario.live.timeout.si());
  deploy.set_next_endpoint(next_endpoint);
  deploy.set_job_capacity(queue_capacity(received.bytes));
  deploy.set_hop_capacity(queue_capacity(sent.bytes));
  if (scenario.live.emulate) *deploy.mutable_emulation() = make_emulation(live, stage);
  return deploy;
}

void check_dilation(const LivePlan& live, const std::vector<Seconds>& measured) {
  if (!live.scenario.live.emulate) return;
  double needed = live.scenario.live.dilation;
  std::optional<std::size_t> worst;
  for (std::size_t stage = 0; stage < measured.size(); ++stage) {
    const double asks = measured[stage] / whole_stage_cost(live, stage) / kLargestRealShare;
    if (asks <= needed) continue;
    needed = asks;
    worst = stage;
  }
  if (!worst) return;

  const Device& device = live.cost.platform().devices[live.plan.stages[*worst].devices.front()];
  char dilation[32];
  std::snprintf(dilation, sizeof dilation, "%g", live.scenario.live.dilation);
  throw InputError(live.scenario.file, "live.dilation", dilation,
                   "stage " + std::to_string(*worst + 1) + " on " + device.name + " takes " +
                       milliseconds(measured[*worst]) + " here, emulated " +
                       milliseconds(live.scenario.live.dilation * whole_stage_cost(live, *worst)) + ": at least " +
                       rounded_up(needed) + " is needed");
}

}  // namespace twinfer
