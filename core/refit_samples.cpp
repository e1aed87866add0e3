#include "core/refit_samples.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "core/cost_model.h"
#include "core/error.h"

namespace twinfer {
namespace {

using Stages = std::vector<StageRow>;

std::vector<ExitId> active_heads(const Scenario& scenario, const Plan& plan) {
  std::vector<ExitId> heads;
  const ExitSettings& exits = exits_of(scenario, plan);
  if (exits.rule == ExitRule::kNone) return heads;
  for (const auto& [head, threshold] : exits.thresholds) heads.push_back(head);
  return heads;
}

// The rows of each request, one request after the other.
class RowsByRequest {
 public:
  explicit RowsByRequest(const RunRows& rows) : rows_(rows), stage_(rows.stages.begin()) {}

  // REQUIRES: ids ascend from call to call.
  Stages stages(std::uint64_t request) {
    while (stage_ != rows_.stages.end() && stage_->request < request) ++stage_;
    const auto first = stage_;
    while (stage_ != rows_.stages.end() && stage_->request == request) ++stage_;
    return {first, stage_};
  }
  const ResultRow* result(std::uint64_t request) {
    while (result_ < rows_.results.size() && rows_.results[result_].request < request) ++result_;
    const bool found = result_ < rows_.results.size() && rows_.results[result_].request == request;
    return found ? &rows_.results[result_] : nullptr;
  }

 private:
  const RunRows& rows_;
  std::vector<StageRow>::const_iterator stage_;
  std::size_t result_ = 0;
};

// When connections and executors of a run are done with what came before.
class Occupied {
 public:
  using Key = std::tuple<std::size_t, DeviceId, DeviceId>;
  [[nodiscard]] double until(const Key& key) const {
    const auto found = until_.find(key);
    return found == until_.end() ? -std::numeric_limits<double>::infinity() : found->second;
  }
  void extend(const Key& key, double end_s) { until_[key] = std::max(until(key), end_s); }

 private:
  std::map<Key, double> until_;
};

class Collector {
 public:
  Collector(const Scenario& scenario, const Plan& plan)
      : scenario_(scenario),
        plan_(plan),
        cost_(scenario.graph, scenario.platform, scenario.profiles),
        heads_(active_heads(scenario, plan)),
        cuts_(cuts_of(plan.stages, scenario.graph)) {
    for (std::size_t stage = 0; stage < plan.stages.size(); ++stage)
      always_.push_back(always_run(scenario, plan, stage));
  }

  void add(const RefitRun& run) {
    connections_ = {};
    executors_ = {};
    RowsByRequest measured(run.measured), simulated(run.simulated);
    for (const ResultRow& result : run.measured.results) {
      if (!has_returned(result.status)) continue;
      const ResultRow* twin = simulated.result(result.request);
      const bool compares = twin != nullptr && has_returned(twin->status) && twin->exit == result.exit;
      add_request(result, measured.stages(result.request), compares ? twin : nullptr,
                  compares ? simulated.stages(result.request) : Stages{});
    }
  }

  RefitSamples take() { return std::move(samples_); }

 private:
  void add_request(const ResultRow& result, const Stages& stages, const ResultRow* twin, const Stages& twin_stages) {
    DeviceId at = scenario_.source;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const StageRow& row = stages[i];
      const DeviceId device = device_of(row);
      const HopCost alone = cost_.hop(cuts_[row.stage], at, device);
      const double shared_s =
          i < twin_stages.size() ? twin_stages[i].transfer_s - (alone.overhead + alone.wire()).si() : 0;
      add_hop(row, at, device, shared_s);
      add_codec(row, at, device, alone);
      add_computing(result, row, device);
      at = device;
    }
    add_result(result, stages, at, twin);
  }

  [[nodiscard]] DeviceId device_of(const StageRow& row) const {
    const DeviceId device = scenario_.platform.device_named(row.device, scenario_.file, "stage row");
    if (row.stage >= plan_.stages.size() || !plan_.stages[row.stage].runs_on(device))
      throw InputError(scenario_.file, "run", "", "has requests that took another plan than " + plan_.policy + "'s");
    return device;
  }

  // `shared_s`: what it lost to other messages, as simulated.
  void add_hop(const StageRow& row, DeviceId from, DeviceId to, double shared_s) {
    const Occupied::Key connection{row.stage, from, to}, executor{row.stage, to, to};
    const double asked_s = row.hop_start_s - row.hop_wait_s;
    const double arrived_s = row.hop_start_s + row.encode_s + row.transfer_s;
    const bool idle = connections_.until(connection) <= asked_s && executors_.until(executor) <= arrived_s;
    add_message({from, to}, {Bytes(row.hop_bytes), Seconds(row.transfer_s - shared_s),
                             wait_if(idle, row.hop_wait_s + row.queue_s), true});
    connections_.extend(connection, arrived_s);
  }

  void add_result(const ResultRow& result, const Stages& stages, DeviceId from, const ResultRow* twin) {
    if (stages.empty()) return;
    const StageRow& last = stages.back();
    const Occupied::Key connection{plan_.stages.size() + last.stage, from, scenario_.source};
    const double asked_s = last.compute_start_s + last.decode_s + last.compute_s;
    const HopCost way = cost_.result_return(from, scenario_.source);
    const double shared_s = twin == nullptr ? 0 : twin->result_return_s - (way.overhead + way.wire()).si();
    const bool idle = connections_.until(connection) <= asked_s;
    add_message({from, scenario_.source},
                {kResultBytes, Seconds(result.result_return_s - shared_s), wait_if(idle, result.result_wait_s), false});
    connections_.extend(connection, asked_s + result.result_wait_s + result.result_return_s);
  }

  static std::optional<Seconds> wait_if(bool idle, double wait_s) {
    return idle ? std::optional(Seconds(wait_s)) : std::nullopt;
  }

  void add_message(const WayEnds& ends, const MessageSample& message) {
    if (scenario_.platform.route(ends.first, ends.second).empty() || message.transfer <= Seconds(0)) return;
    samples_.messages[ends].push_back(message);
  }

  void add_codec(const StageRow& row, DeviceId from, DeviceId to, const HopCost& alone) {
    CodecTimes& encoding = samples_.encoding[{row.stage, from}];
    encoding.measured += Seconds(row.encode_s);
    encoding.profile += alone.encode;
    CodecTimes& decoding = samples_.decoding[{row.stage, to}];
    decoding.measured += Seconds(row.decode_s);
    decoding.profile += alone.decode;
  }

  void add_computing(const ResultRow& result, const StageRow& row, DeviceId device) {
    const Occupied::Key executor{row.stage, device, device};
    const double rest_s = row.compute_start_s - executors_.until(executor);
    executors_.extend(executor, row.compute_start_s + row.decode_s + row.compute_s);
    const bool at_head = result.exit && *result.exit < scenario_.graph.exit_heads().size();
    const StageWork run = stage_work(scenario_.graph, plan_.stages[row.stage], heads_,
                                     at_head ? std::optional<ExitId>(*result.exit) : std::nullopt);
    const Seconds all = cost_.compute(run, device);
    const Seconds always = cost_.compute(always_[row.stage], device);
    if (row.compute_s > 0 && all > Seconds(0))
      samples_.computing[{row.stage, device}].push_back(
          {always, std::max(Seconds(0), all - always), Seconds(std::max(0.0, rest_s)), Seconds(row.compute_s)});
  }

  const Scenario& scenario_;
  const Plan& plan_;
  CostModel cost_;
  std::vector<ExitId> heads_;
  std::vector<Cut> cuts_;
  std::vector<StageWork> always_;     // by stage
  Occupied connections_, executors_;  // of one run
  RefitSamples samples_;
};

}  // namespace

StageWork always_run(const Scenario& scenario, const Plan& plan, std::size_t stage) {
  const std::vector<ExitId> heads = active_heads(scenario, plan);
  for (const ExitId head : heads)
    if (plan.stages[stage].holds(scenario.graph.exit_heads()[head].layer))
      return stage_work(scenario.graph, plan.stages[stage], heads, head);
  return stage_work(scenario.graph, plan.stages[stage], heads, std::nullopt);
}

RefitSamples collect_samples(const Scenario& scenario, const Plan& plan, const std::vector<RefitRun>& runs) {
  Collector collector(scenario, plan);
  for (const RefitRun& run : runs) collector.add(run);
  return collector.take();
}

}  // namespace twinfer
