#include "live/check_deploy.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
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

void check_shape(const char* field, const wire::SendShape& shape) {
  check_time(field, shape.encode_s());
  check_time(field, shape.overhead_s());
  check_time(field, shape.latency_s());
  check_time(field, shape.transmit_s());
}

void check_emulation(const wire::Emulation& emulation) {
  check_time("emulation.decode_s", emulation.decode_s());
  check_time("emulation.forgiven_s", emulation.forgiven_s());
  for (const wire::LeavingCost& cost : emulation.computes()) {
    if (cost.quantile_s_size() != static_cast<int>(kQuantiles.size()))
      throw InputError("", "emulation.computes", std::to_string(cost.quantile_s_size()),
                       "must have " + std::to_string(kQuantiles.size()) + " quantiles");
    for (const double quantile_s : cost.quantile_s()) check_time("emulation.computes", quantile_s);
    check_time("emulation.computes", cost.mean_s());
  }
}

void check_turns(const wire::Deploy& deploy) {
  if (deploy.replica() >= deploy.replicas())
    throw InputError("", "replica", std::to_string(deploy.replica()),
                     "must be below their number, " + std::to_string(deploy.replicas()));
  std::set<std::uint32_t> seen;
  for (const wire::NextReplica& next : deploy.next()) {
    if (next.replica() >= deploy.next_replicas() || !seen.insert(next.replica()).second)
      throw InputError("", "next", std::to_string(next.replica()),
                       "must be below their number, " + std::to_string(deploy.next_replicas()) + ", and there once");
    check_shape("next.hop", next.hop());
  }
}

using Ids = google::protobuf::RepeatedField<std::uint64_t>;

bool contains(const Ids& ids, LayerId id) { return std::ranges::binary_search(ids, id); }

void check_ascending(const char* field, const Ids& ids, LayerId least, const LayerGraph& graph) {
  LayerId next = least;
  for (const LayerId id : ids) {
    if (id < next || id > graph.last())
      throw InputError("", field, std::to_string(id),
                       graph.model() + " has layers " + std::to_string(least) + " to " + std::to_string(graph.last()) +
                           "; each once, ascending");
    next = id + 1;
  }
}

// Whatever a layer of the stage reads, or the stage sends on, is received or made here.
void check_tensors(const wire::Deploy& deploy, const LayerGraph& graph) {
  const auto require = [&](LayerId tensor, const std::string& reader) {
    if (!contains(deploy.receives(), tensor) && !contains(deploy.layers(), tensor))
      throw InputError("", "receives", "", "lacks the output of layer " + std::to_string(tensor) + " for " + reader);
  };
  for (const LayerId layer : deploy.layers())
    for (const LayerId input : graph.layer(layer).inputs) require(input, "layer " + std::to_string(layer));
  for (const LayerId tensor : deploy.sends()) require(tensor, "the next stage");
}

void check_layers(const wire::Deploy& deploy, const LayerGraph& graph) {
  if (deploy.layers().empty()) throw InputError("", "layers", "", "are missing");
  check_ascending("layers", deploy.layers(), 1, graph);
  check_ascending("receives", deploy.receives(), 0, graph);
  check_ascending("sends", deploy.sends(), 0, graph);
  check_tensors(deploy, graph);
  if (deploy.sends().empty() && !contains(deploy.layers(), graph.last()))
    throw InputError("", "sends", "", "are missing: the stage does not hold the last layer");
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
    if (contains(deploy.layers(), layer) && !has_cost(deploy.emulation(), threshold.exit()))
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
  check_turns(deploy);
  check_shape("result", deploy.result());
  if (deploy.has_emulation()) check_emulation(deploy.emulation());
}

void check_reshape(const wire::Reshape& reshape) {
  for (const wire::SendShape& hop : reshape.hops()) check_shape("hops", hop);
  check_shape("result", reshape.result());
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
