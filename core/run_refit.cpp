#include "core/run_refit.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/stage_work.h"

namespace twinfer {
namespace {

constexpr double kBytesMatter = 0.5;  // share of a message's time, above which one size tells the bandwidth

using Ends = std::pair<DeviceId, DeviceId>;
using StageAt = std::pair<std::size_t, DeviceId>;

struct Samples {
  std::map<Ends, std::vector<TransferSample>> messages;
  std::map<StageAt, std::vector<double>> ratios;
};

std::vector<ExitId> active_heads(const Scenario& scenario, const Plan& plan) {
  std::vector<ExitId> heads;
  const ExitSettings& exits = exits_of(scenario, plan);
  if (exits.rule == ExitRule::kNone) return heads;
  for (const auto& [head, threshold] : exits.thresholds) heads.push_back(head);
  return heads;
}

class Collector {
 public:
  Collector(const Scenario& scenario, const Plan& plan)
      : scenario_(scenario),
        plan_(plan),
        cost_(scenario.graph, scenario.platform, scenario.profiles),
        heads_(active_heads(scenario, plan)) {}

  // Rows come by request, then stage.
  Samples collect(const RunRows& rows) {
    auto stage = rows.stages.begin();
    for (const ResultRow& result : rows.results) {
      while (stage != rows.stages.end() && stage->request < result.request) ++stage;
      const auto first = stage;
      while (stage != rows.stages.end() && stage->request == result.request) ++stage;
      if (has_returned(result.status)) add_request(result, {first, stage});
    }
    return std::move(samples_);
  }

 private:
  void add_request(const ResultRow& result, const std::vector<StageRow>& stages) {
    DeviceId at = scenario_.source;
    for (const StageRow& row : stages) {
      const DeviceId device = scenario_.platform.device_named(row.device, scenario_.file, "stage row");
      if (row.stage >= plan_.stages.size() || !plan_.stages[row.stage].runs_on(device))
        throw InputError(scenario_.file, "run", "", "has requests that took another plan than " + plan_.policy + "'s");
      add_message({at, device}, Bytes(row.hop_bytes), Seconds(row.transfer_s));
      add_computing(result, row, device);
      at = device;
    }
    add_message({at, scenario_.source}, kResultBytes, Seconds(result.result_return_s));
  }

  void add_message(const Ends& ends, Bytes bytes, Seconds time) {
    if (ends.first != ends.second && time > Seconds(0)) samples_.messages[ends].push_back({bytes, time});
  }

  void add_computing(const ResultRow& result, const StageRow& row, DeviceId device) {
    const bool at_head = result.exit && *result.exit < scenario_.graph.exit_heads().size();
    const StageWork work = stage_work(scenario_.graph, plan_.stages[row.stage], heads_,
                                      at_head ? std::optional<ExitId>(*result.exit) : std::nullopt);
    const Seconds predicted = cost_.compute(work, device);
    if (row.compute_s > 0 && predicted > Seconds(0))
      samples_.ratios[{row.stage, device}].push_back(row.compute_s / predicted.si());
  }

  const Scenario& scenario_;
  const Plan& plan_;
  CostModel cost_;
  std::vector<ExitId> heads_;
  Samples samples_;
};

Seconds overhead_of(const Scenario& scenario, DeviceId device) {
  const std::optional<LatencyProfile>& profile = scenario.profiles.at(device);
  return profile ? profile->message_overhead : Seconds(0);
}

// As the links of `platform` make it; nothing measured yet.
WayCost route_of(const Platform& platform, const Ends& ends) {
  WayCost cost = route_cost(platform.links, platform.routes.at(ends), {ends.first, ends.second});
  cost.tells_bandwidth = false;
  return cost;
}

RefitWay first_pass(const Scenario& scenario, const Ends& ends, const std::vector<TransferSample>& messages) {
  RefitWay way{{ends.first, ends.second},
               medians_by_size(messages),
               Identified::kLatency,
               route_of(scenario.platform, ends),
               {}};
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
  const Ends ends{way.way.from, way.way.to};
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

void refit_links(const Scenario& scenario, const Samples& samples, Refit& refit) {
  for (const auto& [ends, messages] : samples.messages) refit.ways.push_back(first_pass(scenario, ends, messages));
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

// The ratio's distribution around the median.
LatencyDistribution spread(const LatencyDistribution& time, const LatencyDistribution& ratio) {
  LatencyDistribution changed = scaled(ratio, time.median().si());
  changed.samples = ratio.samples;
  return changed;
}

constexpr const char* kSource = "refitted to a run";

void refit_profile(const LayerGraph& graph, const Plan& plan, const std::vector<const RefitStage*>& stages,
                   double median, LatencyProfile& profile) {
  const auto refitted = [&](const LatencyDistribution& time, const auto& runs) {
    const auto found = std::ranges::find_if(stages, runs);
    return found == stages.end() ? scaled(time, median) : spread(time, (*found)->ratio);
  };
  for (LayerId id = 1; id < graph.size(); ++id) {
    LayerLatency& layer = profile.layers.at(graph.layer(id).name);
    layer.compute =
        refitted(layer.compute, [&](const RefitStage* stage) { return plan.stages[stage->stage].holds(id); });
    layer.source = kSource;
  }
  for (const ExitHead& head : graph.exit_heads()) {
    LatencyDistribution& time = profile.exits.at(head.name);
    time = refitted(time, [&](const RefitStage* stage) { return plan.stages[stage->stage].holds(head.layer); });
  }
}

void refit_computing(const Scenario& scenario, const Plan& plan, const Samples& samples, Refit& refit) {
  std::map<DeviceId, std::vector<double>> by_device;
  for (const auto& [at, ratios] : samples.ratios) {
    refit.stages.push_back({at.first, at.second, summarise(ratios)});
    std::vector<double>& all = by_device[at.second];
    all.insert(all.end(), ratios.begin(), ratios.end());
  }
  for (const auto& [device, ratios] : by_device) {
    std::vector<const RefitStage*> stages;
    for (const RefitStage& stage : refit.stages)
      if (stage.device == device) stages.push_back(&stage);
    refit_profile(scenario.graph, plan, stages, summarise(ratios).median().si(), *refit.profiles[device]);
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

Refit refit_run(const Scenario& scenario, const Plan& plan, const RunRows& rows) {
  const Samples samples = Collector(scenario, plan).collect(rows);
  if (samples.ratios.empty() && samples.messages.empty())
    throw InputError(scenario.file, "run", "", "has no request that returned");
  Refit refit{scenario.platform, scenario.profiles, {}, {}};
  refit_links(scenario, samples, refit);
  refit_computing(scenario, plan, samples, refit);
  return refit;
}

}  // namespace twinfer
