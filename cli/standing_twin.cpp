#include "cli/standing_twin.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "core/bandwidth_trace.h"
#include "core/error.h"
#include "core/run_refit.h"
#include "core/whole_file.h"
#include "report/percentile.h"
#include "sim/isolated.h"
#include "sim/platform_writer.h"
#include "sim/row_codec.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

constexpr double kHistory = 10;    // windows at most that a simulation plays before the one that it predicts
constexpr Seconds kPatience(60);   // with a simulation
constexpr std::size_t kStuck = 2;  // requests that wait while nobody comes back

WindowLatency latency_of(const RunRows& rows) {
  WindowLatency latency;
  std::vector<double> latencies_s;
  for (const ResultRow& row : rows.results)
    if (has_returned(row.status)) latencies_s.push_back(row.latency_s);
  latency.returned = latencies_s.size();
  if (latencies_s.empty()) return latency;
  double sum_s = 0;
  for (const double latency_s : latencies_s) sum_s += latency_s;
  latency.mean_s = sum_s / static_cast<double>(latencies_s.size());
  latency.p50_s = borne_percentile(latencies_s, 50);
  latency.mean = mean_components(rows);
  return latency;
}

std::optional<double> error_of(const WindowReport& report) {
  const WindowLatency &predicted = report.predicted, &measured = report.measured;
  if (!predicted.mean_s || !measured.mean_s) return std::nullopt;
  return report.by_p50() ? *predicted.p50_s / *measured.p50_s - 1 : *predicted.mean_s / *measured.mean_s - 1;
}

// Rows of requests that `keep`s holds for, with their stages. REQUIRES: both by request.
RunRows rows_where(const RunRows& rows, const std::function<bool(const ResultRow&)>& keep) {
  RunRows kept;
  auto stage = rows.stages.begin();
  for (const ResultRow& row : rows.results) {
    while (stage != rows.stages.end() && stage->request < row.request) ++stage;
    if (!keep(row)) continue;
    kept.results.push_back(row);
    for (; stage != rows.stages.end() && stage->request == row.request; ++stage) kept.stages.push_back(*stage);
  }
  return kept;
}

double end_s(const ResultRow& row) { return row.arrival_s + row.latency_s; }

// Before everything, where nobody came back.
double last_return_s(const RunRows& rows) {
  double last_s = -1;
  for (const ResultRow& row : rows.results)
    if (has_returned(row.status)) last_s = std::max(last_s, end_s(row));
  return last_s;
}

RunRows ended_between(const RunRows& rows, double from_s, double to_s) {
  return rows_where(rows, [&](const ResultRow& row) { return end_s(row) >= from_s && end_s(row) < to_s; });
}

}  // namespace

// A world that has no requests says nothing about that.
bool WindowReport::by_p50() const {
  return (predicted.p50_s || !predicted.mean_s) && (measured.p50_s || !measured.mean_s);
}

StandingTwin::StandingTwin(Scenario scenario, std::vector<Plan> plans, TwinSettings settings)
    : scenario_(std::move(scenario)),
      plans_(std::move(plans)),
      settings_(settings),
      closed_(scenario_.arrivals.process == ArrivalProcess::kClosed) {
  if (scenario_.replan)
    throw InputError(scenario_.file, "replan", "", "is the scenario's own; a standing twin changes plans with --act");
  forget_changes();
  scenario_.arrivals = {scenario_.arrivals.process, arrival_rate_hz(scenario_.arrivals, plans_.front())};
  requests_ = make_requests(scenario_);
  prediction_ = simulate_plans({plan_}).front();
}

// SimGrid plays what it finds in the platform's file.
void StandingTwin::forget_changes() {
  if (change_times(scenario_.platform).empty()) return;
  for (Link& link : scenario_.platform.links) link.changes.clear();
  file_.emplace(".xml");
  write_whole_file(file_->path(), platform_xml(scenario_.platform, {}));
  scenario_.platform.file = file_->path();
}

void StandingTwin::switch_to(std::size_t plan, std::uint64_t first) {
  plan_ = plan;
  plan_from_ = first;
  steady_since_ = from_;
  prediction_ = {};  // was of the plan before: this window is not judged
}

std::vector<WindowReport> StandingTwin::take(const RunRows& rows, bool ended) {
  const double last_s = last_return_s(rows);
  std::vector<WindowReport> reports;
  while (last_s >= (ended ? from_ : from_ + settings_.window).si()) {
    const double to_s = (from_ + settings_.window).si();
    const RunRows window = ended_between(rows, from_.si(), to_s);
    for (const ResultRow& row : rows.results)
      if (row.request == first_ && end_s(row) < to_s) ++first_;
    reports.push_back(judge(window));
    if (!ended || last_s >= to_s) look_ahead(reports.back());
  }
  return reports;
}

WindowReport StandingTwin::judge(const RunRows& window) {
  const auto before = [this](const ResultRow& row) { return row.request < plan_from_; };
  WindowReport report;
  report.from_s = from_.si();
  report.to_s = (from_ + settings_.window).si();
  report.plan = plan_;
  report.ended = window.results.size();
  report.predicted = latency_of(prediction_.rows);
  report.measured = latency_of(window);
  report.trouble = prediction_.trouble;
  if (std::ranges::none_of(window.results, before)) report.error = error_of(report);
  report.drifted = report.error && std::abs(*report.error) > settings_.band;
  if (report.drifted) steady_since_ = from_;
  refit(window, report);
  from_ += settings_.window;
  last_ended_ = report.ended;
  return report;
}

// Of the requests that set out by the present plan.
void StandingTwin::refit(const RunRows& window, WindowReport& report) {
  const RunRows by_plan = rows_where(window, [this](const ResultRow& row) { return row.request >= plan_from_; });
  try {
    Refit refitted = refit_run(scenario_, plans_[plan_], {{by_plan}});
    scenario_.platform = std::move(refitted.platform);
    scenario_.profiles = std::move(refitted.profiles);
  } catch (const InputError& error) {
    report.trouble = std::string("no refit: ") + error.what();
  }
}

// Predicts the window that is not over.
void StandingTwin::look_ahead(WindowReport& report) {
  std::vector<std::size_t> plans{plan_};
  for (std::size_t plan = 0; settings_.margin && plan < plans_.size(); ++plan)
    if (plan != plan_) plans.push_back(plan);
  const std::vector<Prediction> predictions = simulate_plans(plans);
  prediction_ = predictions.front();
  report.better = better_plan(predictions);
  if (report.better) report.better->plan = plans[report.better->plan];
}

// A closed loop has as many as it serves: twice those of the last window are enough for one.
std::vector<Request> StandingTwin::requests_between(Seconds from, Seconds to) const {
  std::vector<Request> between;
  const std::uint64_t enough = last_ended_ > 0 ? 2 * last_ended_ + scenario_.pd_num : requests_.size();
  for (const Request& request : requests_) {
    const bool wanted =
        closed_ ? request.id >= first_ && between.size() < enough : request.arrival >= from && request.arrival < to;
    if (!wanted) continue;
    between.push_back(request);
    between.back().id = between.size() - 1;
    if (!closed_) between.back().arrival -= from;
  }
  return between;
}

// The window that is not over, by each of the plans, as if it had been in force since conditions are steady.
std::vector<StandingTwin::Prediction> StandingTwin::simulate_plans(const std::vector<std::size_t>& plans) const {
  const Seconds to = from_ + settings_.window;
  const Seconds start = closed_ ? from_ : std::max(steady_since_, from_ - kHistory * settings_.window);
  const std::vector<Request> requests = requests_between(start, to);
  if (requests.empty()) return std::vector<Prediction>(plans.size());
  std::vector<std::function<std::string()>> tasks;
  for (const std::size_t plan : plans)
    tasks.emplace_back([&, plan] { return encode_rows(simulate(scenario_, plans_[plan], requests)); });
  std::vector<Prediction> predictions;
  for (const IsolatedOutcome& outcome : run_isolated(tasks, 1, {}, kPatience)) {
    Prediction& prediction = predictions.emplace_back();
    prediction.trouble = outcome.ok ? "" : "no prediction: " + outcome.error;
    if (!outcome.ok) continue;
    const RunRows rows = decode_rows(outcome.output);
    prediction.rows = ended_between(rows, (from_ - start).si(), (to - start).si());
    prediction.waiting = static_cast<std::size_t>(
        std::ranges::count_if(rows.results, [&](const ResultRow& row) { return end_s(row) >= (to - start).si(); }));
  }
  return predictions;
}

// Its position among them. The first is of the present plan.
std::optional<BetterPlan> StandingTwin::better_plan(const std::vector<Prediction>& predictions) const {
  if (!settings_.margin) return std::nullopt;
  const std::optional<double> present_s = latency_of(predictions.front().rows).mean_s;
  if (!present_s && predictions.front().waiting < kStuck) return std::nullopt;
  std::optional<BetterPlan> best;
  for (std::size_t other = 1; other < predictions.size(); ++other) {
    const std::optional<double> mean_s = latency_of(predictions[other].rows).mean_s;
    const bool is_less = mean_s && (!present_s || *mean_s <= (1 - *settings_.margin) * *present_s);
    if (is_less && (!best || *mean_s < best->mean_s)) best = BetterPlan{other, *mean_s, present_s};
  }
  return best;
}

}  // namespace twinfer
