#include "core/cost_model.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>

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

template <class Each, class Cost>
Seconds mean_of(const std::vector<Each>& turns, const Cost& cost) {
  Seconds sum;
  for (const Each& turn : turns) sum += cost(turn);
  return sum / static_cast<double>(turns.size());
}

template <class Cost>
HopCost mean_hop(const std::vector<Way>& ways, const Cost& cost) {
  const auto mean = [&](Seconds HopCost::*part) {
    return mean_of(ways, [&](const Way& way) { return cost(way).*part; });
  };
  return {mean(&HopCost::encode),  mean(&HopCost::overhead), mean(&HopCost::transmit),
          mean(&HopCost::latency), mean(&HopCost::hand_off), mean(&HopCost::decode)};
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
    table.hand_off = profile.hand_off;
    table.result_hand_off = profile.result_hand_off;
    table.threads = profile.threads;
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

Seconds CostModel::compute(const StageWork& work, DeviceId device) const {
  const Table& table = tables_.at(device);
  Seconds time;
  for (const LayerId layer : work.layers) time += table.layers.at(layer)->compute.median();
  for (const ExitId head : work.heads) time += table.heads.at(head)->median();
  return time;
}

LatencyDistribution CostModel::computing(const StageWork& work, DeviceId device) const {
  const Table& table = tables_.at(device);
  LatencyDistribution sum;
  for (const LayerId layer : work.layers) sum = sum + table.layers.at(layer)->compute;
  for (const ExitId head : work.heads) sum = sum + *table.heads.at(head);
  return sum;
}

HopCost CostModel::hop(const Cut& cut, DeviceId from, DeviceId to) const {
  HopCost hop{{},
              tables_.at(from).message_overhead,
              transmit(cut.bytes, from, to),
              latency(from, to),
              tables_.at(to).hand_off.median(),
              {}};
  for (const LayerId tensor : cut.tensors) {
    hop.encode += tables_.at(from).layers.at(tensor)->encode;
    hop.decode += tables_.at(to).layers.at(tensor)->decode;
  }
  return hop;
}

HopCost CostModel::result_return(DeviceId from, DeviceId source) const {
  return {{},
          tables_.at(from).message_overhead,
          transmit(kResultBytes, from, source),
          latency(from, source),
          tables_.at(source).result_hand_off.median(),
          {}};
}

Seconds CostModel::compute(const StageWork& work, const std::vector<DeviceId>& devices) const {
  return mean_of(devices, [&](DeviceId device) { return compute(work, device); });
}

HopCost CostModel::hop(const Cut& cut, const std::vector<Way>& ways) const {
  return mean_hop(ways, [&](const Way& way) { return hop(cut, way.from, way.to); });
}

HopCost CostModel::result_return(const std::vector<Way>& ways) const {
  return mean_hop(ways, [&](const Way& way) { return result_return(way.from, way.to); });
}

Seconds CostModel::transmit(Bytes payload, DeviceId from, DeviceId to) const {
  BytesPerSecond slowest(std::numeric_limits<double>::infinity());
  for (const LinkId id : platform_->route(from, to)) slowest = std::min(slowest, platform_->links[id].bandwidth);
  return payload / slowest;
}

Seconds CostModel::latency(DeviceId from, DeviceId to) const {
  Seconds latency;
  for (const LinkId id : platform_->route(from, to)) latency += platform_->links[id].latency;
  return latency;
}

LinkLoad busiest_link(const Platform& platform, const std::vector<Way>& ways) {
  std::map<LinkId, double> s_per_byte;
  for (const auto& [from, to] : ways)
    for (const LinkId link : platform.route(from, to))
      s_per_byte[link] += 1 / platform.links[link].bandwidth.si() / static_cast<double>(ways.size());
  LinkLoad busiest;
  for (const auto& [link, load] : s_per_byte)
    if (load > busiest.s_per_byte) busiest = {link, load};
  return busiest;
}

std::vector<std::pair<DeviceId, Seconds>> message_core_times(const Platform& platform, const Way& way, Bytes bytes) {
  std::vector<std::pair<DeviceId, Seconds>> times;
  if (way.from == way.to) return times;
  for (const DeviceId end : {way.from, way.to}) {
    const Seconds time(bytes.si() * platform.devices[end].message_cores);
    if (time <= Seconds(0)) continue;
    const DeviceId machine = platform.machine_of(end);
    if (!times.empty() && times.back().first == machine) {
      times.back().second += time;
    } else {
      times.emplace_back(machine, time);
    }
  }
  return times;
}

namespace {

// The busiest resource so far; a tie keeps the earlier.
class Bottleneck {
 public:
  Bottleneck(const Platform& platform, PlanCost& total) : platform_(platform), total_(total) {}

  // One of `count` that take turns; `name` is asked for where it is the busiest.
  template <class Name>
  void weigh(Seconds time, std::size_t count, const Name& name) {
    const Seconds share = time / static_cast<double>(count);
    if (share <= total_.bottleneck) return;
    total_.bottleneck = share;
    total_.bottleneck_at = name();
  }

  template <class Hop>
  void weigh_ways(const std::vector<Way>& ways, const char* kind, const Hop& hop) {
    for (const Way& way : ways)
      weigh(hop(way).holding(), ways.size(),
            [&] { return kind + (" " + platform_.devices[way.from].name) + " -> " + platform_.devices[way.to].name; });
  }

  // A link holds no message for longer than a connection that has it for itself.
  void weigh_link(const std::vector<Way>& ways, Bytes bytes, const std::string& where) {
    if (ways.size() == 1) return;
    const LinkLoad load = busiest_link(platform_, ways);
    weigh(Seconds(bytes.si() * load.s_per_byte), 1,
          [&] { return "link " + platform_.links[load.link].name + " of " + where; });
  }

  // An average request computes there for so long.
  void add_executor(DeviceId device, unsigned threads, Seconds time) {
    Machine& machine = machine_at(platform_.machine_of(device));
    ++machine.executors;
    machine.threads = std::max(machine.threads, threads);
    machine.core_time += static_cast<double>(threads) * time;
  }

  // Of an average request, by those who take turns.
  void add_messages(const std::vector<Way>& ways, Bytes bytes) {
    for (const Way& way : ways)
      for (const auto& [first, time] : message_core_times(platform_, way, bytes))
        machine_at(first).message_time += time / static_cast<double>(ways.size());
  }

  // An executor that has a machine for itself was weighed as a replica, but for what messages take from it
  // (message_cores_of in core/calibration.cpp).
  void weigh_machines() {
    for (const Machine& machine : machines_) {
      if (machine.executors < 2 && machine.message_time == Seconds(0)) continue;
      const Device& device = platform_.devices[machine.first];
      const auto name = [&] { return "cores of " + (device.machine.empty() ? device.name : device.machine); };
      const double slowdown = device.slowdown(device.cores) / device.slowdown(machine.threads);
      weigh(slowdown * (machine.core_time + machine.message_time), device.cores, name);
      if (machine.executors != 1) continue;
      const double cores = device.cores;
      weigh(machine.core_time / machine.threads + slowdown * machine.message_time / (cores * cores), 1, name);
    }
  }

 private:
  struct Machine {
    DeviceId first = 0;
    std::size_t executors = 0;
    unsigned threads = 1;
    Seconds core_time;     // by executors
    Seconds message_time;  // of a core
  };

  Machine& machine_at(DeviceId first) {
    const auto found = std::ranges::find(machines_, first, &Machine::first);
    return found == machines_.end() ? machines_.emplace_back(Machine{first, 0, 1, {}, {}}) : *found;
  }

  const Platform& platform_;
  PlanCost& total_;
  std::vector<Machine> machines_;
};

}  // namespace

PlanCost plan_cost(const CostModel& cost, const std::vector<Stage>& stages, DeviceId source,
                   const std::vector<ExitId>& active_heads) {
  const Platform& platform = cost.platform();
  PlanCost total;
  Bottleneck bottleneck(platform, total);
  const std::vector<Cut> cuts = cuts_of(stages, cost.graph());
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::vector<Way> ways = ways_into(stages, i, source);
    bottleneck.weigh_ways(ways, "hop", [&](const Way& way) { return cost.hop(cuts[i], way.from, way.to); });
    bottleneck.weigh_link(ways, cuts[i].bytes, "hop " + std::to_string(i + 1));
    bottleneck.add_messages(ways, cuts[i].bytes);

    const StageWork work = stage_work(cost.graph(), stages[i], active_heads, std::nullopt);
    for (const DeviceId device : stages[i].devices) {
      const Seconds time = cost.hop(cuts[i], device, device).decode + cost.compute(work, device);
      bottleneck.weigh(time, stages[i].devices.size(),
                       [&] { return "stage " + std::to_string(i + 1) + " on " + platform.devices[device].name; });
      bottleneck.add_executor(device, cost.threads(device), time / static_cast<double>(stages[i].devices.size()));
    }
    total.hops.push_back(cost.hop(cuts[i], ways));
    total.computes.push_back(total.hops.back().decode + cost.compute(work, stages[i].devices));
    total.latency += total.hops.back().sending();
    total.latency += total.computes.back();
  }
  const std::vector<Way> back = stages.empty() ? std::vector<Way>{{source, source}} : ways_back(stages.back(), source);
  bottleneck.weigh_ways(back, "result", [&](const Way& way) { return cost.result_return(way.from, way.to); });
  bottleneck.weigh_link(back, kResultBytes, "the results");
  bottleneck.add_messages(back, kResultBytes);
  bottleneck.weigh_machines();
  total.result = cost.result_return(back);
  total.latency += total.result.sending();
  return total;
}

}  // namespace twinfer
