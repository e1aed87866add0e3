// What a report shows, as data.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

#include "report/machine.h"
#include "report/measure_label.h"
#include "report/measures.h"
#include "report/page.h"
#include "report/page_rows.h"
#include "report/summary.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kNamedFailures = 10;

bool is_component(const std::string& measure) {
  return std::ranges::any_of(
      kComponents, [&measure](const auto& component) { return measure == measure_of_component(component.first); });
}

// As a reader asks for them: latencies, throughput, energy and quality, what is left by name,
// then the components in the order in which a request passes them.
std::vector<std::string> measures_in_order(const Observations& observations) {
  constexpr std::array kFirst{"p50_latency_s", "p95_latency_s", "p99_latency_s", "mean_latency_s",
                              "throughput_hz", "energy_j",      "accuracy",      "early_exit_share"};
  std::set<std::string> known = known_measures(observations);
  std::vector<std::string> measures;
  for (const char* name : kFirst)
    if (known.erase(name) > 0) measures.emplace_back(name);
  std::vector<std::string> components;
  for (const auto& [name, member] : kComponents)
    if (known.erase(measure_of_component(name)) > 0) components.push_back(measure_of_component(name));
  measures.insert(measures.end(), known.begin(), known.end());
  measures.insert(measures.end(), components.begin(), components.end());
  return measures;
}

ordered_json measures_json(const std::vector<std::string>& measures) {
  ordered_json list = ordered_json::array();
  for (const std::string& name : measures) {
    const MeasureLabel label = label_of_measure(name);
    list.push_back({{"name", name},
                    {"heading", label.heading},
                    {"unit", label.unit},
                    {"scale", label.scale},
                    {"component", is_component(name)}});
  }
  return list;
}

// [mean, half width of the 95 % interval or null, runs]
ordered_json cell_json(const Cell& cell) {
  if (!cell.estimate) return nullptr;
  const auto& [mean, half_width, count] = *cell.estimate;
  return {mean, half_width ? ordered_json(*half_width) : nullptr, count};
}

using Point = std::vector<std::string>;

Point point_of(const Observations& observations, const Observation& run) {
  Point point;
  for (const SweepAxis& axis : observations.axes) point.push_back(run.point.at(axis.field));
  return point;
}

// One a combination of values that has a run: "at" its values, "cells" by measure.
ordered_json points_json(const Observations& observations, const std::vector<std::string>& measures) {
  std::vector<std::string> axes;
  for (const SweepAxis& axis : observations.axes) axes.push_back(axis.field);
  std::map<Point, std::pair<std::size_t, std::size_t>> counts;  // complete, failed
  for (const Observation& run : observations.runs) {
    auto& [complete, failed] = counts[point_of(observations, run)];
    ++(run.failed ? failed : complete);
  }
  const Pivot table = pivot(observations, axes, {}, measures);
  ordered_json points = ordered_json::array();
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    ordered_json cells = ordered_json::array();
    for (const Cell& cell : table.cells[row]) cells.push_back(cell_json(cell));
    const auto& [complete, failed] = counts.at(table.rows[row]);
    points.push_back({{"at", table.rows[row]}, {"runs", complete}, {"failed", failed}, {"cells", std::move(cells)}});
  }
  return points;
}

ordered_json set_json(const PageSet& set) {
  ordered_json axes = ordered_json::array();
  for (const SweepAxis& axis : set.observations.axes) axes.push_back({{"name", axis.field}, {"values", axis.values}});
  const std::vector<std::string> measures = measures_in_order(set.observations);
  return {{"title", set.title},
          {"sweep_text", set.sweep_text},
          {"axes", std::move(axes)},
          {"measures", measures_json(measures)},
          {"points", points_json(set.observations, measures)}};
}

template <class Member>
ordered_json distinct(const std::vector<RunInfo>& runs, Member member) {
  std::set<std::string> values;
  for (const RunInfo& run : runs) values.insert(run.*member);
  return values;
}

ordered_json failures_json(const PageRuns& page) {
  ordered_json failures = ordered_json::array();
  for (const RunInfo& run : page.runs)
    if (run.status == "failed" && failures.size() < kNamedFailures)
      failures.push_back({{"run", run.id}, {"name", page.names.at(run.id)}, {"error", run.error}});
  return failures;
}

ordered_json header_json(const PageRuns& page) {
  const auto with_status = [&page](const char* status) {
    return std::ranges::count(page.runs, status, &RunInfo::status);
  };
  const auto [first, last] = std::ranges::minmax(page.runs, {}, &RunInfo::started);
  return {{"store", page.store.filename().string()},
          {"made", utc_now()},
          {"made_by", build_version() + " (" + build_commit() + ")"},
          {"runs", page.runs.size()},
          {"complete", with_status("complete")},
          {"failed", with_status("failed")},
          {"running", with_status("running")},
          {"scenarios", distinct(page.runs, &RunInfo::scenario)},
          {"machines", distinct(page.runs, &RunInfo::machine)},
          {"commits", distinct(page.runs, &RunInfo::commit)},
          {"network_models", distinct(page.runs, &RunInfo::network_model)},
          {"first", first.started},
          {"last", last.started},
          {"failures", failures_json(page)}};
}

}  // namespace

std::vector<PlanToDraw> plans_of(const PageRuns& page) {
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  std::vector<PlanToDraw> plans;
  for (const RunInfo& run : page.runs)
    if (!run.plan.empty() && seen.emplace(run.scenario, run.policy, run.plan).second)
      plans.push_back({{run.scenario, run.policy, run.plan, "", ""}, run.scenario_text});
  return plans;
}

ordered_json page_data(const PageRuns& page, const std::vector<PagePlan>& plans) {
  ordered_json data = {{"header", header_json(page)}};
  for (const PageSet& set : page.sets) data["sets"].push_back(set_json(set));
  data.update(rows_data(page));
  data["twins"] = twin_data(page);
  data["plans"] = ordered_json::array();
  for (const PagePlan& plan : plans)
    data["plans"].push_back({{"scenario", plan.scenario},
                             {"policy", plan.policy},
                             {"plan", plan.plan},
                             {"picture", plan.picture},
                             {"why_none", plan.why_none}});
  return data;
}

}  // namespace twinfer
