#include "core/run_refit.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.h"

namespace twinfer {
namespace {

constexpr double kBytesMatter = 0.5;  // share of a message's time, above which one size tells the bandwidth
constexpr Seconds kLeastTransfer(1e-9);
constexpr std::size_t kEnoughAlone = 12;  // messages whose wait is known

std::vector<SizeTime> medians_of(const std::vector<MessageSample>& messages) {
  std::vector<TransferSample> samples;
  for (const MessageSample& message : messages) samples.push_back({message.bytes, message.transfer});
  return medians_by_size(samples);
}

Seconds overhead_of(const Scenario& scenario, DeviceId device) {
  const std::optional<LatencyProfile>& profile = scenario.profiles.at(device);
  return profile ? profile->message_overhead : Seconds(0);
}

bool crosses_links(const Scenario& scenario, const WayEnds& ends) {
  return !scenario.platform.route(ends.first, ends.second).empty();
}

// As the links of `platform` make it; nothing measured yet.
WayCost route_of(const Platform& platform, const WayEnds& ends) {
  WayCost cost = route_cost(platform.links, platform.routes.at(ends), {ends.first, ends.second});
  cost.tells_bandwidth = false;
  return cost;
}

RefitWay first_pass(const Scenario& scenario, const WayEnds& ends, const std::vector<MessageSample>& messages) {
  RefitWay way{
      {ends.first, ends.second}, medians_of(messages), Identified::kLatency, route_of(scenario.platform, ends), {}};
  const Seconds overhead = overhead_of(scenario, ends.first);
  if (way.sizes.size() > 1 && way.sizes.back().median > way.sizes.front().median) {
    const TransferLine line = fit_line(way.sizes);
    way.identified = Identified::kLatencyAndBandwidth;
    way.cost = {way.way, std::max(Seconds(0), line.fixed - overhead), line.bandwidth};
    return way;
  }
  const SizeTime& size = way.sizes.back();
  const Seconds of_bytes = size.bytes / way.cost.bandwidth;
  if (of_bytes >= kBytesMatter * (overhead + way.cost.latency + of_bytes)) {
    way.identified = Identified::kBandwidth;
  } else {
    way.cost.latency = std::max(Seconds(0), size.median - overhead - of_bytes);
  }
  return way;
}

// Of one size: what is left of its time by the latency that other ways told of the links.
void second_pass(const Scenario& scenario, const Platform& platform, RefitWay& way) {
  const SizeTime& size = way.sizes.back();
  const WayEnds ends{way.way.from, way.way.to};
  way.cost.latency = route_of(platform, ends).latency;
  const Seconds left = size.median - overhead_of(scenario, ends.first) - way.cost.latency;
  // Latency that is longer than the whole message cannot be the latency.
  const Seconds of_bytes = left > Seconds(0) ? left : size.median;
  if (left <= Seconds(0)) way.cost.latency = Seconds(0);
  way.cost.bandwidth = BytesPerSecond(size.bytes.si() / of_bytes.si());
  way.cost.tells_bandwidth = true;
}

Platform attributed(const Platform& platform, const std::vector<RefitWay>& ways, bool all) {
  std::vector<WayCost> costs;
  for (const RefitWay& way : ways)
    if (all || way.identified != Identified::kBandwidth) costs.push_back(way.cost);
  Platform refitted = platform;
  refitted.links = attribute_to_links(platform, costs).links;
  return refitted;
}

void refit_links(const Scenario& scenario, const RefitSamples& samples, Refit& refit) {
  for (const auto& [ends, messages] : samples.messages)
    if (crosses_links(scenario, ends)) refit.ways.push_back(first_pass(scenario, ends, messages));
  refit.platform = attributed(scenario.platform, refit.ways, /*all=*/false);
  for (RefitWay& way : refit.ways)
    if (way.identified == Identified::kBandwidth) second_pass(scenario, refit.platform, way);
  refit.platform = attributed(refit.platform, refit.ways, /*all=*/true);
  for (RefitWay& way : refit.ways) {
    const WayCost route = route_of(refit.platform, {way.way.from, way.way.to});
    const Seconds fixed = overhead_of(scenario, way.way.from) + route.latency;
    for (const SizeTime& size : way.sizes)
      way.residuals.push_back((fixed + size.bytes / route.bandwidth - size.median) / size.median);
  }
}

// Messages of one kind to one device.
struct HandOffs {
  std::vector<double> all_s;  // the wait, and how much longer the transfer took than the median of its way and size
  double spare_s = std::numeric_limits<double>::infinity();  // latency that every way has
};

using Receiver = std::pair<DeviceId, bool>;  // to its executor, or a result

LatencyDistribution& hand_off_of(LatencyProfile& profile, bool to_executor) {
  return to_executor ? profile.hand_off : profile.result_hand_off;
}

// What messages wait usually: as they did, or where that is known of too few, as the profile has it.
Seconds usual_wait(const std::vector<MessageSample>& messages, Seconds profile) {
  std::vector<double> waits_s;
  for (const MessageSample& message : messages)
    if (message.wait) waits_s.push_back(message.wait->si());
  return waits_s.size() < kEnoughAlone ? profile : summarise(waits_s).median();
}

// Of one way and kind. Where it crosses no links, all that it takes beyond the overhead is hand-off.
void add_hand_offs(const Scenario& scenario, const WayEnds& ends, const std::vector<MessageSample>& messages,
                   Seconds profile, HandOffs& to) {
  const Seconds overhead = overhead_of(scenario, ends.first);
  const Seconds usual = usual_wait(messages, profile);
  const bool crosses = crosses_links(scenario, ends);
  std::map<double, Seconds> alone;  // by bytes
  for (const SizeTime& size : medians_of(messages)) {
    alone[size.bytes.si()] = crosses ? size.median : overhead;
    const Seconds spare =
        crosses ? size.median - overhead - size.bytes / route_of(scenario.platform, ends).bandwidth : Seconds(0);
    to.spare_s = std::min(to.spare_s, spare.si());
  }
  for (const MessageSample& message : messages)
    to.all_s.push_back((message.wait.value_or(usual) + message.transfer - alone.at(message.bytes.si())).si());
}

std::vector<MessageSample> of_kind(std::vector<MessageSample> messages, bool to_executor) {
  std::erase_if(messages, [&](const MessageSample& message) { return message.to_executor != to_executor; });
  return messages;
}

// How messages wait and scatter becomes their receivers' hand-offs. What is quicker than usual takes part of the
// latency, which `samples` then lack.
void refit_hand_offs(const Scenario& scenario, RefitSamples& samples, Refit& refit) {
  std::map<Receiver, HandOffs> receivers;
  for (const auto& [ends, messages] : samples.messages)
    for (const bool to_executor : {true, false}) {
      const std::vector<MessageSample> these = of_kind(messages, to_executor);
      if (these.empty() || !refit.profiles[ends.second]) continue;
      add_hand_offs(scenario, ends, these, hand_off_of(*refit.profiles[ends.second], to_executor).median(),
                    receivers[{ends.second, to_executor}]);
    }
  for (auto& [receiver, hand_offs] : receivers) {
    const auto [device, to_executor] = receiver;
    const double early_s = -summarise(hand_offs.all_s).quantiles[1].si();
    const double shift_s = std::clamp(early_s, 0.0, std::max(0.0, hand_offs.spare_s));
    for (double& time_s : hand_offs.all_s) time_s = std::max(0.0, time_s + shift_s);
    hand_off_of(*refit.profiles[device], to_executor) = summarise(std::move(hand_offs.all_s));
    for (auto& [ends, messages] : samples.messages)
      if (ends.second == device)
        for (MessageSample& message : messages)
          if (message.to_executor == to_executor)
            message.transfer = std::max(kLeastTransfer, message.transfer - Seconds(shift_s));
  }
}

constexpr const char* kSource = "refitted to a run";

// The spread around the median times the factor.
void refit_time(const LatencyDistribution& spread, double factor, LatencyDistribution& time) {
  LatencyDistribution changed = scaled(spread, factor * time.median().si());
  changed.samples = spread.samples;
  time = changed;
}

void refit_stage(const Scenario& scenario, const Plan& plan, const RefitStage& told, LatencyProfile& profile) {
  const LayerGraph& graph = scenario.graph;
  const Stage& stage = plan.stages[told.stage];
  const StageWork always = always_run(scenario, plan, told.stage);
  const auto factor = [&told](bool is_always) { return is_always ? told.computing.always : told.computing.sometimes; };
  for (LayerId id = 1; id < graph.size(); ++id) {
    if (!stage.holds(id)) continue;
    LayerLatency& layer = profile.layers.at(graph.layer(id).name);
    refit_time(told.computing.spread, factor(std::ranges::binary_search(always.layers, id)), layer.compute);
    layer.source = kSource;
  }
  for (ExitId id = 0; id < graph.exit_heads().size(); ++id) {
    const ExitHead& head = graph.exit_heads()[id];
    if (stage.holds(head.layer))
      refit_time(told.computing.spread, factor(std::ranges::binary_search(always.heads, id)),
                 profile.exits.at(head.name));
  }
}

// What the runs did not run on the device.
void refit_others(const Scenario& scenario, const Plan& plan, const std::vector<const RefitStage*>& stages,
                  double ratio, LatencyProfile& profile) {
  const auto ran = [&](LayerId layer) {
    return std::ranges::any_of(stages, [&](const RefitStage* told) { return plan.stages[told->stage].holds(layer); });
  };
  for (LayerId id = 1; id < scenario.graph.size(); ++id) {
    LayerLatency& layer = profile.layers.at(scenario.graph.layer(id).name);
    if (!ran(id)) layer.compute = scaled(layer.compute, ratio);
    layer.source = kSource;
  }
  for (const ExitHead& head : scenario.graph.exit_heads())
    if (!ran(head.layer)) profile.exits.at(head.name) = scaled(profile.exits.at(head.name), ratio);
}

void refit_computing(const Scenario& scenario, const Plan& plan, const RefitSamples& samples, Refit& refit) {
  for (const auto& [at, computing] : samples.computing)
    refit.stages.push_back({at.first, at.second, fit_computing(computing)});
  std::map<DeviceId, std::vector<const RefitStage*>> by_device;
  for (const RefitStage& stage : refit.stages) by_device[stage.device].push_back(&stage);
  for (auto& [device, stages] : by_device) {
    std::ranges::stable_sort(stages, std::ranges::greater{},
                             [](const RefitStage* stage) { return stage->computing.ratio.samples; });
    LatencyProfile& profile = *refit.profiles[device];
    refit.profiled.insert(device);
    for (const RefitStage* stage : stages) refit_stage(scenario, plan, *stage, profile);
    refit_others(scenario, plan, stages, stages.front()->computing.ratio.median().si(), profile);
  }
}

// All tensors that a device encoded, or decoded, by the same ratio.
void refit_codec(const LayerGraph& graph, const std::map<DeviceId, CodecTimes>& codecs, Seconds LayerLatency::*codec,
                 Refit& refit) {
  for (const auto& [device, times] : codecs) {
    if (times.profile <= Seconds(0)) continue;
    for (const LayerId tensor : times.tensors)
      refit.profiles[device]->layers.at(graph.layer(tensor).name).*codec *= times.measured / times.profile;
    refit.profiled.insert(device);
  }
}

}  // namespace

const char* to_string(Identified identified) {
  switch (identified) {
    case Identified::kLatencyAndBandwidth:
      return "latency and bandwidth";
    case Identified::kBandwidth:
      return "bandwidth";
    case Identified::kLatency:
      return "latency";
  }
  return "";
}

Refit refit_run(const Scenario& scenario, const Plan& plan, const std::vector<RefitRun>& runs) {
  RefitSamples samples = collect_samples(scenario, plan, runs);
  if (samples.computing.empty() && samples.messages.empty())
    throw InputError(scenario.file, "run", "", "has no request that returned");
  Refit refit{scenario.platform, scenario.profiles, {}, {}, {}};
  if (std::ranges::any_of(runs, [](const RefitRun& run) { return !run.simulated.results.empty(); }))
    refit_hand_offs(scenario, samples, refit);
  refit_links(scenario, samples, refit);
  refit_computing(scenario, plan, samples, refit);
  refit_codec(scenario.graph, samples.encoding, &LayerLatency::encode, refit);
  refit_codec(scenario.graph, samples.decoding, &LayerLatency::decode, refit);
  return refit;
}

}  // namespace twinfer
