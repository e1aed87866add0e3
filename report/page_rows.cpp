#include "report/page_rows.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "report/run_json.h"
#include "report/summary.h"
#include "report/timeline.h"
#include "report/validation.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

std::vector<double> latencies_of(const RunRows& rows) {
  std::vector<double> latencies_s;
  for (const ResultRow& row : rows.results)
    if (has_returned(row.status)) latencies_s.push_back(row.latency_s);
  return latencies_s;
}

double to_nanosecond(double time_s) { return std::round(time_s * 1e9) / 1e9; }

RunRows first_requests(const RunRows& rows) {
  RunRows first;
  const std::size_t count = std::min(rows.results.size(), kTimelineRequests);
  if (count == 0) return first;
  first.results.assign(rows.results.begin(), rows.results.begin() + static_cast<std::ptrdiff_t>(count));
  const std::uint64_t last = first.results.back().request;
  std::ranges::copy_if(rows.stages, std::back_inserter(first.stages),
                       [last](const StageRow& row) { return row.request <= last; });
  return first;
}

// Slices as [request, what, start_s, length_s].
ordered_json timeline_of(const std::string& name, const RunRows& rows) {
  ordered_json tracks = ordered_json::array();
  for (const Track& track : tracks_of(first_requests(rows), "source")) {
    if (track.slices.empty()) continue;  // what it holds takes no time
    ordered_json slices = ordered_json::array();
    for (const Slice& slice : track.slices)
      slices.push_back({slice.request, slice.category, to_nanosecond(slice.start_s), to_nanosecond(slice.length_s)});
    tracks.push_back({{"name", track.name}, {"slices", std::move(slices)}});
  }
  return {{"name", name}, {"tracks", std::move(tracks)}};
}

struct Pair {
  std::optional<RunInfo> simulated;
  std::optional<RunInfo> measured;
  std::optional<RunInfo> measured_before;
};

using PairKey = std::tuple<std::string, std::string, std::string, double, std::uint64_t>;

std::map<PairKey, Pair> pairs_of(const std::vector<RunInfo>& runs) {
  std::map<PairKey, Pair> pairs;
  for (const RunInfo& run : runs) {
    if (run.status != "complete") continue;
    Pair& pair = pairs[{run.scenario, run.policy, run.plan, run.predicted_latency_s, run.seed}];
    if (run.mode == Mode::kSim) {
      pair.simulated = run;
      continue;
    }
    pair.measured_before = std::move(pair.measured);
    pair.measured = run;
  }
  std::erase_if(pairs, [](const auto& pair) { return !pair.second.simulated || !pair.second.measured; });
  return pairs;
}

// The share of early exits needs the graph's number of exits, and is not shown.
ordered_json comparison_of(const RunRows& tested, const RunRows& reference) {
  ordered_json comparison = to_json(compare_runs(tested, reference, 0));
  comparison.erase("early_exit_difference");
  for (const char* side : {"tested", "reference"}) comparison[side].erase("early_exit_share");
  return comparison;
}

ordered_json twin_of(const ResultStore& store, const Pair& pair) {
  ordered_json twin = {{"scenario", pair.simulated->scenario},
                       {"policy", pair.simulated->policy},
                       {"seed", pair.simulated->seed},
                       {"sim_run", pair.simulated->id},
                       {"live_run", pair.measured->id}};
  const RunRows simulated = store.rows(pair.simulated->id);
  const RunRows measured = store.rows(pair.measured->id);
  try {
    twin["error"] = comparison_of(simulated, measured);
    twin["noise"] = pair.measured_before ? comparison_of(measured, store.rows(pair.measured_before->id)) : nullptr;
  } catch (const InputError& error) {
    twin["problem"] = error.what();
    return twin;
  }
  twin["sim"] = distribution_of(latencies_of(simulated));
  twin["live"] = distribution_of(latencies_of(measured));
  return twin;
}

}  // namespace

ordered_json distribution_of(std::vector<double> latencies_s) {
  constexpr std::size_t kSteps = 200;
  std::ranges::sort(latencies_s);
  const std::size_t count = latencies_s.size();
  const std::size_t steps = std::min(kSteps, count == 0 ? 0 : count - 1);
  ordered_json points = ordered_json::array();
  for (std::size_t i = 0; i < std::min(count, steps + 1); ++i) {
    const std::size_t at = steps == 0 ? 0 : i * (count - 1) / steps;
    points.push_back({to_nanosecond(latencies_s[at]), static_cast<double>(at + 1) / static_cast<double>(count)});
  }
  return points;
}

ordered_json rows_data(const PageRuns& page) {
  const ResultStore store(page.store, StoreAccess::kRead);
  ordered_json distributions = ordered_json::array();
  ordered_json timelines = ordered_json::array();
  for (const RunInfo& run : page.runs) {
    if (distributions.size() == kDistributions) break;
    const RunRows rows = store.rows(run.id);
    const std::vector<double> latencies_s = latencies_of(rows);
    if (latencies_s.empty()) continue;
    const std::string& name = page.names.at(run.id);
    distributions.push_back({{"name", name},
                             {"policy", run.policy},
                             {"mode", to_string(run.mode)},
                             {"requests", latencies_s.size()},
                             {"cdf", distribution_of(latencies_s)}});
    if (timelines.size() < kTimelines) timelines.push_back(timeline_of(name, rows));
  }
  return {{"distributions", std::move(distributions)},
          {"most_distributions", kDistributions},
          {"timelines", std::move(timelines)}};
}

ordered_json twin_data(const PageRuns& page) {
  const ResultStore store(page.store, StoreAccess::kRead);
  ordered_json twins = ordered_json::array();
  for (const auto& [key, pair] : pairs_of(page.singles)) twins.push_back(twin_of(store, pair));
  return twins;
}

}  // namespace twinfer
