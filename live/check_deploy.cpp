#include "live/check_deploy.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "core/error.h"
#include "core/latency_profile.h"
#include "core/scenario.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

constexpr double kLongest_s = 1e8;  // three years; nanoseconds of it fit 64 bits many times

void check_time(const char* field, double value_s) {
  if (!(value_s >= 0 && value_s <= kLongest_s))
    throw InputError("", field, format_number(value_s), "must be from 0 to 1e8 seconds");
}

void check_send_cost(const char* field, const wire::SendCost& cost) {
  check_time(field, cost.encode_s());
  check_time(field, cost.rest_s());
}

void check_emulation(const wire::Emulation& emulation) {
  check_time("emulation.decode_s", emulation.decode_s());
  check_time("emulation.forgiven_s", emulation.forgiven_s());
  check_send_cost("emulation.hop", emulation.hop());
  check_send_cost("emulation.result", emulation.result());
  for (const wire::LeavingCost& cost : emulation.computes()) {
    if (cost.quantile_s_size() != static_cast<int>(kQuantiles.size()))
      throw InputError("", "emulation.computes", std::to_string(cost.quantile_s_size()),
                       "must have " + std::to_string(kQuantiles.size()) + " quantiles");
    for (const double quantile_s : cost.quantile_s()) check_time("emulation.computes", quantile_s);
  }
}

void check_layers(const wire::Deploy& deploy, const LayerGraph& graph) {
  if (deploy.first_layer() < 1 || deploy.first_layer() > deploy.last_layer() || deploy.last_layer() > graph.last())
    throw InputError("", "layers", std::to_string(deploy.first_layer()) + "-" + std::to_string(deploy.last_layer()),
                     graph.model() + " has layers 1 to " + std::to_string(graph.last()));
}

bool has_cost(const wire::Emulation& emulation, std::optional<ExitId> exit) {
  return std::ranges::any_of(emulation.computes(), [&](const wire::LeavingCost& cost) {
    return exit ? cost.has_exit() && cost.exit() == *exit : !cost.has_exit();
  });
}

void check_costs(const wire::Deploy& deploy, const LayerGraph& graph) {
  if (!has_cost(deploy.emulation(), std::nullopt))
    throw InputError("", "emulation.computes", "", "lacks the cost of the whole stage");
  for (const wire::Threshold& threshold : deploy.thresholds()) {
    const LayerId layer = graph.exit_heads()[threshold.exit()].layer;
    const bool on_stage = layer >= deploy.first_layer() && layer <= deploy.last_layer();
    if (on_stage && !has_cost(deploy.emulation(), threshold.exit()))
      throw InputError("", "emulation.computes", "", "lacks the cost up to exit " + std::to_string(threshold.exit()));
  }
}

}  // namespace

void check_deploy(const wire::Deploy& deploy) {
  if (deploy.exit_rule() > static_cast<std::uint32_t>(ExitRule::kEntropy))
    throw InputError("", "exit rule", std::to_string(deploy.exit_rule()), "is none that this program knows");
  for (const wire::Threshold& threshold : deploy.thresholds())
    if (!std::isfinite(threshold.value()))
      throw InputError("", "threshold", format_number(threshold.value()), "must be a finite number");
  check_time("timeout_s", deploy.timeout_s());
  if (deploy.has_emulation()) check_emulation(deploy.emulation());
}

void check_deploy_fits(const wire::Deploy& deploy, const LayerGraph& graph) {
  check_layers(deploy, graph);
  const std::size_t heads = graph.exit_heads().size();
  for (const wire::Threshold& threshold : deploy.thresholds())
    if (threshold.exit() >= heads)
      throw InputError("", "exit", std::to_string(threshold.exit()),
                       graph.model() + " has " + std::to_string(heads) + " exit heads");
  if (deploy.has_emulation()) check_costs(deploy, graph);
}

}  // namespace twinfer
