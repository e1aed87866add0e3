#include "cli/plan_text.h"

#include <algorithm>
#include <ranges>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/replan_text.h"
#include "core/energy.h"
#include "core/joined.h"
#include "policies/exit_policy.h"
#include "policies/sensitivity.h"
#include "report/table.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

constexpr const char* kTurnsNote =
    "  Replicas take turns, request r is served by the one at r mod their number; times are averages over them.\n";

std::vector<ExitId> active_heads(const PlannedScenario& planned, const Plan& plan) {
  return make_exit_policy(exits_of(planned.scenario, plan))->active_heads();
}

PlanCost cost_of(const PlannedScenario& planned, const Plan& plan) {
  return plan_cost(planned.cost, plan.stages, planned.scenario.source, active_heads(planned, plan));
}

// Nothing where a device of the plan states no power.
std::optional<Joules> energy_of(const PlannedScenario& planned, const Plan& plan) {
  const Platform& platform = planned.scenario.platform;
  const Usage usage = usage_of(planned.cost, plan.stages, planned.scenario.source, active_heads(planned, plan));
  for (const auto& [device, times] : usage.computing)
    if (!platform.devices[device].power) return std::nullopt;
  return energy_of(platform, usage, planned.scenario.threads);
}

std::string energy_line(const PlannedScenario& planned, const Plan& plan) {
  const std::optional<Joules> energy = energy_of(planned, plan);
  if (!energy) return "";
  return fmt::format("  energy of one request {} J, above what the devices draw at rest\n",
                     format_digits(energy->si()));
}

std::string way(const Platform& platform, const Stage& from, const Stage& to) {
  const std::string name = describe_devices(to, platform);
  const bool within = from.devices == to.devices && to.devices.size() == 1;
  return within ? "within " + name : describe_devices(from, platform) + " -> " + name;
}

std::string layers_text(const LayerGraph& graph, const Stage& stage) {
  const LayerId first = stage.layers.front();
  if (stage.layers.size() == 1) return fmt::format("{}: {}", first, graph.layer(first).name);
  return fmt::format("{}: {} .. {}", describe_layers(stage.layers), graph.layer(first).name,
                     graph.layer(stage.layers.back()).name);
}

std::string tensor_names(const LayerGraph& graph, const Cut& cut) {
  constexpr std::size_t kMost = 3;
  const std::string names = joined(cut.tensors | std::views::take(kMost), ", ",
                                   [&graph](LayerId tensor) { return graph.layer(tensor).name; });
  return cut.tensors.size() > kMost ? fmt::format("{} and {} more", names, cut.tensors.size() - kMost) : names;
}

// As if the source were a stage without layers.
Stage source_of(const PlannedScenario& planned) { return {planned.scenario.source, {}}; }

Stage sender_of(const PlannedScenario& planned, const Plan& plan, std::size_t stage) {
  return stage == 0 ? source_of(planned) : plan.stages[stage - 1];
}

bool has_replicas(const Plan& plan) {
  return std::ranges::any_of(plan.stages, [](const Stage& stage) { return stage.devices.size() > 1; });
}

std::string thousandths(double si) { return format_number(si * 1e3, 3); }
std::string milliseconds(Seconds time) { return thousandths(time.si()); }

std::string indented(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    result += "  " + text.substr(at, end - at);
    at = end;
  }
  return result;
}

std::string turn_text(const PlannedScenario& planned, const char* side, const std::optional<Turn>& turn) {
  if (!turn) return "";
  return fmt::format(" {} {:.3g} times today's: {};", side, turn->factor,
                     describe(turn->stages, planned.scenario.platform));
}

// "  Another plan with bandwidths below 0.41 times today's: pi[1-12]; above ...\n"
std::string turns_text(const PlannedScenario& planned, const char* what, const Sensitivity& sensitivity) {
  std::string turns = turn_text(planned, "below", sensitivity.below) + turn_text(planned, "above", sensitivity.above);
  if (turns.empty())
    return fmt::format("  The same plan at every doubling of {} from 1/{} to {} times today's.\n", what,
                       kFarthestFactor, kFarthestFactor);
  turns.back() = '.';
  return fmt::format("  Another plan with {}{}\n", what, turns);
}

std::string later_text(const PlannedScenario& planned, const Plan& plan) {
  const std::string text = replan_text(planned, plan);
  return text.empty() ? "" : "\n" + indented(text);
}

std::string sensitivity_text(const PlannedScenario& planned, const Plan& plan) {
  std::string text = turns_text(planned, "bandwidths", bandwidth_sensitivity(planned.scenario, plan));
  if (planned.scenario.arrivals.rate_hz > 0)
    text += turns_text(planned, "a load", load_sensitivity(planned.scenario, plan));
  return text;
}

}  // namespace

std::string plan_text(const PlannedScenario& planned, const Plan& plan) {
  const Platform& platform = planned.scenario.platform;
  const LayerGraph& graph = planned.scenario.graph;
  const PlanCost cost = cost_of(planned, plan);
  const std::vector<Cut> cuts = cuts_of(plan.stages, graph);
  Table table({{"step", true}, {"where", true}, {"what", true}, {"size"}, {"time (ms)"}});
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    const Cut& cut = cuts[i];
    table.add_row({fmt::format("hop {}", i + 1), way(platform, sender_of(planned, plan, i), stage),
                   tensor_names(graph, cut), format_bytes(cut.bytes.si()), milliseconds(cost.hops[i].sending())});
    table.add_row({fmt::format("stage {}", i + 1), describe_devices(stage, platform), layers_text(graph, stage), "",
                   milliseconds(cost.computes[i])});
  }
  table.add_row({"result", way(platform, plan.stages.back(), source_of(planned)), "class and times",
                 format_bytes(kResultBytes.si()), milliseconds(cost.result.sending())});
  return fmt::format("{}: {}\n  predicted latency {}, bottleneck {} ({}): at most {} requests/s\n{}\n{}{}", plan.policy,
                     describe(plan.stages, platform), format_seconds(plan.predicted_latency.si()),
                     format_seconds(plan.bottleneck.si()), plan.bottleneck_at, format_digits(1 / plan.bottleneck.si()),
                     energy_line(planned, plan), indented(table.text()), has_replicas(plan) ? kTurnsNote : "") +
         later_text(planned, plan);
}

std::string explanation_text(const PlannedScenario& planned, const Plan& plan, std::size_t most) {
  std::string text = fmt::format("\n  Minimised: {}.\n  {}\n", plan.objective, plan.why);
  if (plan.stages.size() == 1 && !has_replicas(plan))
    text += fmt::format("  A single device does it all: {}.\n",
                        describe_devices(plan.stages[0], planned.scenario.platform));
  text += sensitivity_text(planned, plan);
  if (plan.candidates.size() < 2) return text;
  const std::string chosen = describe(plan.stages, planned.scenario.platform);
  const Cost best = plan.candidates.front().cost;
  Table table(
      {{"candidate", true}, {fmt::format("cost (m{})", to_string(best.unit()))}, {"over the best (%)"}, {"", true}});
  const std::size_t shown = std::min(most, plan.candidates.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Candidate& candidate = plan.candidates[i];
    const double over = best.si() > 0 ? 100 * (candidate.cost.si() / best.si() - 1) : 0;
    table.add_row({candidate.description, thousandths(candidate.cost.si()), format_signed(over, 1),
                   candidate.description == chosen ? "chosen" : ""});
  }
  text += "\n" + indented(table.text());
  if (shown < plan.candidates.size()) text += fmt::format("  and {} more (--all)\n", plan.candidates.size() - shown);
  return text;
}

ordered_json plan_json(const PlannedScenario& planned, const Plan& plan) {
  const Platform& platform = planned.scenario.platform;
  const LayerGraph& graph = planned.scenario.graph;
  const PlanCost cost = cost_of(planned, plan);
  const std::vector<Cut> cuts = cuts_of(plan.stages, graph);
  ordered_json stages = ordered_json::array();
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    ordered_json layers = ordered_json::array();
    for (const LayerId layer : stage.layers) layers.push_back(graph.layer(layer).name);
    ordered_json replicas = ordered_json::array();
    for (const DeviceId device : stage.devices) replicas.push_back(platform.devices[device].name);
    stages.push_back({{"device", describe_devices(stage, platform)},
                      {"replicas", std::move(replicas)},
                      {"layer_ids", stage.layers},
                      {"layers", std::move(layers)},
                      {"hop_bytes", cuts[i].bytes.si()},
                      {"hop_s", cost.hops[i].sending().si()},
                      {"compute_s", cost.computes[i].si()}});
  }
  const std::optional<Joules> energy = energy_of(planned, plan);
  ordered_json candidates = ordered_json::array();
  for (const Candidate& candidate : plan.candidates)
    candidates.push_back(
        {{"plan", candidate.description}, {"cost", candidate.cost.si()}, {"unit", to_string(candidate.cost.unit())}});
  ordered_json thresholds = ordered_json::object();
  for (const auto& [head, threshold] : exits_of(planned.scenario, plan).thresholds)
    thresholds[graph.exit_name(head)] = threshold;
  return {
      {"policy", plan.policy},
      {"plan", describe(plan.stages, platform)},
      {"predicted_latency_s", plan.predicted_latency.si()},
      {"bottleneck_s", plan.bottleneck.si()},
      {"bottleneck_at", plan.bottleneck_at},
      {"energy_j", energy ? ordered_json(energy->si()) : ordered_json()},
      {"stages", std::move(stages)},
      {"exits", {{"rule", to_string(exits_of(planned.scenario, plan).rule)}, {"thresholds", std::move(thresholds)}}},
      {"result_s", cost.result.sending().si()},
      {"objective", plan.objective},
      {"why", plan.why},
      {"candidates", std::move(candidates)},
      {"later", replan_json(planned, plan)}};
}

}  // namespace twinfer
