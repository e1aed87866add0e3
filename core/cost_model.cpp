#include "core/cost_model.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "core/error.h"

namespace twinfer {
namespace {

void check_key(const LatencyProfile& profile, const LayerGraph& graph) {
  if (profile.model != graph.model())
    throw InputError(profile.file, "model", profile.model,
                     "the profile was taken for another model than " + graph.model());
  const std::string input = format_shape(graph.layer(0).output_shape);
  if (profile.input != input)
    throw InputError(profile.file, "input", profile.input,
                     "the profile was taken for another input shape than " + input);
}

const LayerLatency& find_layer(const LatencyProfile& profile, const Layer& layer) {
  const auto found = profile.layers.find(layer.name);
  if (found == profile.layers.end())
    throw InputError(profile.file, "layer", layer.name, "is missing; take the profile of " + profile.model + " anew");
  if (found->second.output_bytes != layer.output_bytes)
    throw InputError(profile.file, "layer " + layer.name + ", output_bytes",
                     std::to_string(static_cast<long long>(found->second.output_bytes.si())),
                     "the graph says " + std::to_string(static_cast<long long>(layer.output_bytes.si())));
  return found->second;
}

const LatencyDistribution& find_exit(const LatencyProfile& profile, const ExitHead& head) {
  const auto found = profile.exits.find(head.name);
  if (found == profile.exits.end())
    throw InputError(profile.file, "exit", head.name, "is missing; take the profile of " + profile.model + " anew");
  return found->second;
}

}  // namespace

CostModel::CostModel(const LayerGraph& graph, const Platform& platform,
                     const std::vector<std::optional<LatencyProfile>>& profiles)
    : graph_(&graph), platform_(&platform), tables_(platform.devices.size()) {
  assert(profiles.size() == platform.devices.size());
  for (DeviceId device = 0; device < profiles.size(); ++device) {
    if (!profiles[device]) continue;
    const LatencyProfile& profile = *profiles[device];
    check_key(profile, graph);
    Table& table = tables_[device];
    table.message_overhead = profile.message_overhead;
    table.before.push_back(Seconds(0));
    for (const Layer& layer : graph.layers()) {
      table.layers.push_back(&find_layer(profile, layer));
      table.before.push_back(table.before.back() + table.layers.back()->compute.median());
    }
    for (const ExitHead& head : graph.exit_heads()) table.heads.push_back(&find_exit(profile, head));
  }
}

Seconds CostModel::compute(LayerId layer, DeviceId device) const {
  return tables_.at(device).layers.at(layer)->compute.median();
}

Seconds CostModel::head(ExitId head, DeviceId device) const { return tables_.at(device).heads.at(head)->median(); }

Seconds CostModel::compute(LayerId first, LayerId last, DeviceId device) const {
  const Table& table = tables_.at(device);
  return table.before.at(last + 1) - table.before.at(first);
}

Seconds CostModel::compute(const StageWork& work, DeviceId device, double u) const {
  const Table& table = tables_.at(device);
  Seconds time;
  for (const LayerId layer : work.layers) time += table.layers.at(layer)->compute.at(u);
  for (const ExitId head : work.heads) time += table.heads.at(head)->at(u);
  return time;
}

HopCost CostModel::hop(const Cut& cut, DeviceId from, DeviceId to) const {
  HopCost hop{{}, tables_.at(from).message_overhead, wire(cut.bytes, from, to), {}};
  for (const LayerId tensor : cut.tensors) {
    hop.encode += tables_.at(from).layers.at(tensor)->encode;
    hop.decode += tables_.at(to).layers.at(tensor)->decode;
  }
  return hop;
}

HopCost CostModel::result_return(DeviceId from, DeviceId source) const {
  return {{}, tables_.at(from).message_overhead, wire(kResultBytes, from, source), {}};
}

Seconds CostModel::wire(Bytes payload, DeviceId from, DeviceId to) const {
  if (from == to) return Seconds(0);
  Seconds latency;
  BytesPerSecond slowest(std::numeric_limits<double>::infinity());
  for (const LinkId id : platform_->routes.at({from, to})) {
    latency += platform_->links[id].latency;
    slowest = std::min(slowest, platform_->links[id].bandwidth);
  }
  return latency + payload / slowest;
}

PlanCost plan_cost(const CostModel& cost, const std::vector<Stage>& stages, DeviceId source,
                   const std::vector<ExitId>& active_heads) {
  const Platform& platform = cost.platform();
  PlanCost total;
  const auto weigh = [&total](Seconds time, const std::string& where) {
    total.latency += time;
    if (time <= total.bottleneck) return;  // a tie names the earlier resource
    total.bottleneck = time;
    total.bottleneck_at = where;
  };
  const auto hop_name = [&platform](DeviceId from, DeviceId to) {
    return "hop " + platform.devices[from].name + " -> " + platform.devices[to].name;
  };

  const std::vector<Cut> cuts = cuts_of(stages, cost.graph());
  DeviceId previous = source;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const Stage& stage = stages[i];
    const HopCost hop = cost.hop(cuts[i], previous, stage.device);
    const Seconds compute =
        hop.decode + cost.compute(stage_work(cost.graph(), stage, active_heads, std::nullopt), stage.device);
    weigh(hop.sending(), hop_name(previous, stage.device));
    weigh(compute, "stage " + std::to_string(i + 1) + " on " + platform.devices[stage.device].name);
    total.hops.push_back(hop);
    total.computes.push_back(compute);
    previous = stage.device;
  }
  total.result = cost.result_return(previous, source);
  weigh(total.result.sending(), "result " + platform.devices[previous].name + " -> " + platform.devices[source].name);
  return total;
}

}  // namespace twinfer
