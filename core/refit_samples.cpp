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

// When connections and executors of a run were busy.
class Busy {
 public:
  using Key = std::tuple<std::size_t, DeviceId, DeviceId>;
  void add(const Key& key, double start_s, double end_s) { periods_[key].emplace_back(start_s, end_s); }

  // Call once, after the last add.
  void sort() {
    for (auto& [key, periods] : periods_) {
      std::ranges::sort(periods);
      for (std::size_t i = 1; i < periods.size(); ++i)
        periods[i].second = std::max(periods[i].second, periods[i - 1].second);
    }
  }

  // When what began before `at_s` was over; in the infinite past, if nothing did.
  [[nodiscard]] double end_before(const Key& key, double at_s) const {
    const std::vector<std::pair<double, double>>& periods = periods_.at(key);
    const auto next = std::ranges::lower_bound(periods, at_s, {}, &std::pair<double, double>::first);
    return next == periods.begin() ? -std::numeric_limits<double>::infinity() : (next - 1)->second;
  }

 private:
  std::map<Key, std::vector<std::pair<double, double>>> periods_;
};

// A stage's row with the ends of the message into it.
struct Hop {
  const StageRow& row;
  DeviceId from, to;

  [[nodiscard]] Busy::Key connection() const { return {row.stage, from, to}; }
  [[nodiscard]] Busy::Key executor() const { return {row.stage, to, to}; }
  [[nodiscard]] double asked_s() const { return row.hop_start_s - row.hop_wait_s; }
  [[nodiscard]] double arrived_s() const { return row.hop_start_s + row.encode_s + row.transfer_s; }
  [[nodiscard]] double ended_s() const { return row.compute_start_s + row.decode_s + row.compute_s; }
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
    note_busy(run.measured);
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
  void note_busy(const RunRows& rows) {
    connections_ = executors_ = {};
    RowsByRequest by_request(rows);
    for (const ResultRow& result : rows.results) {
      if (!has_returned(result.status)) continue;
      const Stages stages = by_request.stages(result.request);
      for (const Hop& hop : hops_of(stages)) {
        connections_.add(hop.connection(), hop.asked_s(), hop.arrived_s());
        executors_.add(hop.executor(), hop.row.compute_start_s, hop.ended_s());
      }
      if (stages.empty()) continue;
      const Hop last = hops_of(stages).back();
      const double back_s = last.ended_s() + result.result_wait_s + result.result_return_s;
      connections_.add(result_connection(last), last.ended_s(), back_s);
    }
    connections_.sort();
    executors_.sort();
  }

  // Borrows the rows.
  [[nodiscard]] std::vector<Hop> hops_of(const Stages& stages) const {
    std::vector<Hop> hops;
    for (const StageRow& row : stages)
      hops.push_back({row, hops.empty() ? scenario_.source : hops.back().to, device_of(row)});
    return hops;
  }

  [[nodiscard]] Busy::Key result_connection(const Hop& last) const {
    return {plan_.stages.size() + last.row.stage, last.to, scenario_.source};
  }

  void add_request(const ResultRow& result, const Stages& stages, const ResultRow* twin, const Stages& twin_stages) {
    if (stages.empty()) return;
    const std::vector<Hop> hops = hops_of(stages);
    for (std::size_t i = 0; i < hops.size(); ++i) {
      const HopCost alone = cost_.hop(cuts_[hops[i].row.stage], hops[i].from, hops[i].to);
      const double shared_s =
          i < twin_stages.size() ? twin_stages[i].transfer_s - (alone.overhead + alone.wire()).si() : 0;
      add_hop(hops[i], shared_s);
      add_codec(hops[i], alone);
      add_computing(result, hops[i]);
    }
    add_result(result, hops.back(), twin);
  }

  [[nodiscard]] DeviceId device_of(const StageRow& row) const {
    const DeviceId device = scenario_.platform.device_named(row.device, scenario_.file, "stage row");
    if (row.stage >= plan_.stages.size() || !plan_.stages[row.stage].runs_on(device))
      throw InputError(scenario_.file, "run", "", "has requests that took another plan than " + plan_.policy + "'s");
    return device;
  }

  // `shared_s`: what it lost to other messages, as simulated.
  void add_hop(const Hop& hop, double shared_s) {
    const bool idle = connections_.end_before(hop.connection(), hop.asked_s()) <= hop.asked_s() &&
                      executors_.end_before(hop.executor(), hop.arrived_s()) <= hop.arrived_s();
    add_message({hop.from, hop.to}, {Bytes(hop.row.hop_bytes), Seconds(hop.row.transfer_s - shared_s),
                                     wait_if(idle, hop.row.hop_wait_s + hop.row.queue_s), true});
  }

  void add_result(const ResultRow& result, const Hop& last, const ResultRow* twin) {
    const HopCost way = cost_.result_return(last.to, scenario_.source);
    const double shared_s = twin == nullptr ? 0 : twin->result_return_s - (way.overhead + way.wire()).si();
    const bool idle = connections_.end_before(result_connection(last), last.ended_s()) <= last.ended_s();
    add_message({last.to, scenario_.source},
                {kResultBytes, Seconds(result.result_return_s - shared_s), wait_if(idle, result.result_wait_s), false});
  }

  static std::optional<Seconds> wait_if(bool idle, double wait_s) {
    return idle ? std::optional(Seconds(wait_s)) : std::nullopt;
  }

  void add_message(const WayEnds& ends, const MessageSample& message) {
    if (message.transfer > Seconds(0)) samples_.messages[ends].push_back(message);
  }

  void add_codec(const Hop& hop, const HopCost& alone) {
    const std::vector<LayerId>& tensors = cuts_[hop.row.stage].tensors;
    const auto add = [&tensors](CodecTimes& to, double measured_s, Seconds profile) {
      to.measured += Seconds(measured_s);
      to.profile += profile;
      to.tensors.insert(tensors.begin(), tensors.end());
    };
    add(samples_.encoding[hop.from], hop.row.encode_s, alone.encode);
    add(samples_.decoding[hop.to], hop.row.decode_s, alone.decode);
  }

  void add_computing(const ResultRow& result, const Hop& hop) {
    const StageRow& row = hop.row;
    const DeviceId device = hop.to;
    const bool at_head = result.exit && *result.exit < scenario_.graph.exit_heads().size();
    const StageWork run = stage_work(scenario_.graph, plan_.stages[row.stage], heads_,
                                     at_head ? std::optional<ExitId>(*result.exit) : std::nullopt);
    const Seconds all = cost_.compute(run, device);
    const Seconds always = cost_.compute(always_[row.stage], device);
    if (row.compute_s > 0 && all > Seconds(0))
      samples_.computing[{row.stage, device}].push_back(
          {always, std::max(Seconds(0), all - always), Seconds(row.compute_s)});
  }

  const Scenario& scenario_;
  const Plan& plan_;
  CostModel cost_;
  std::vector<ExitId> heads_;
  std::vector<Cut> cuts_;
  std::vector<StageWork> always_;  // by stage
  Busy connections_, executors_;   // of one run
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
