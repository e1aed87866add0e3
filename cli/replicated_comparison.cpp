#include "cli/replicated_comparison.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/pivot_text.h"
#include "cli/shown_measures.h"
#include "cli/simulate_into_store.h"
#include "cli/sweep_plan.h"
#include "cli/sweep_runs.h"
#include "report/pivot.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

constexpr const char* kAxis = "policy";
constexpr double kSignificant = 0.05;

// By name, in the order of the columns.
constexpr std::array kCompared{"p50_latency_s", "p95_latency_s", "mean_latency_s",        "throughput_hz",
                               "accuracy",      "energy_j",      "sent_bytes_per_request"};

SweepPlan plan_comparison(const ReplicatedComparison& comparison, ScenarioLoader& loader) {
  Sweep sweep;
  sweep.file = comparison.scenario;
  sweep.scenario = comparison.scenario;
  sweep.replications = comparison.replications;
  sweep.keep_rows = true;
  const Scenario base = loader.load(comparison.scenario);
  sweep.name = base.name;
  add_policy_axis(sweep, comparison.policies.empty() ? base.policies : comparison.policies);
  return plan_runs(std::move(sweep), loader);
}

void store_run(ResultStore& store, const SweptRun& run) {
  const std::int64_t id = store.begin_run(run.info);
  store.add_rows(id, run.rows);
  store.end_run(id, run.info.status, run.info.error, run.measures);
}

Observations observations_of(const std::vector<SweptRun>& runs) {
  Observations observations{"", {{kAxis, {}}}, {}};
  for (const SweptRun& run : runs) {
    std::vector<std::string>& policies = observations.axes.front().values;
    if (std::ranges::find(policies, run.point.front()) == policies.end()) policies.push_back(run.point.front());
    observations.runs.push_back(
        {{{kAxis, run.point.front()}}, run.replication, run.measures, run.info.status != "complete"});
  }
  return observations;
}

// Those of kCompared that a run has: no accuracy without labels, no energy without watts.
std::vector<ShownMeasure> compared_of(const Observations& observations) {
  const std::set<std::string> known = known_measures(observations);
  std::vector<ShownMeasure> compared;
  for (const std::string name : kCompared)
    if (known.contains(name)) compared.push_back(*std::ranges::find(kShownMeasures, name, &ShownMeasure::name));
  return compared;
}

// The row with the best mean of a column; nothing where all are the same.
std::optional<std::size_t> best_row(const Pivot& table, std::size_t column, int better) {
  std::optional<std::size_t> best;
  bool differ = false;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::optional<Estimate>& here = table.cells[row][column].estimate;
    if (!here) continue;
    if (best) differ = differ || here->mean != table.cells[*best][column].estimate->mean;
    if (!best || better * here->mean > better * table.cells[*best][column].estimate->mean) best = row;
  }
  return differ ? best : std::nullopt;
}

// "*", "~" or nothing for each row of a column.
std::vector<char> marks_of(const Observations& observations, const Pivot& table, std::size_t column, int better) {
  std::vector<char> marks(table.rows.size(), ' ');
  const std::optional<std::size_t> best = best_row(table, column, better);
  if (!best) return marks;
  const Pivot alone = pivot(observations, {kAxis}, {}, {table.measures[column].name});
  const Differences differences = paired_differences(observations, alone, kAxis, table.rows[*best].front());
  for (std::size_t row = 0; row < marks.size(); ++row)
    if (differences[row][0] && differences[row][0]->p >= kSignificant) marks[row] = '~';
  marks[*best] = '*';
  return marks;
}

}  // namespace

std::vector<SweptRun> compare_replicated(const ReplicatedComparison& comparison, const Place& place) {
  ScenarioLoader loader(read_platform);
  const SweepPlan plan = plan_comparison(comparison, loader);
  ResultStore store(place.store);  // before the first run, if it cannot be written
  std::vector<SweptRun> runs(plan.runs.size());
  std::vector<std::size_t> all(plan.runs.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::size_t done = 0;
  simulate_runs(plan, all, loader, place.batch, comparison.jobs, [&](std::size_t run, const IsolatedOutcome& outcome) {
    runs[run] = swept_run(plan, run, outcome, loader, place.batch);
    show_progress("simulated", ++done, all.size());
  });
  for (const SweptRun& run : runs) store_run(store, run);
  return runs;
}

std::string replicated_text(const std::vector<SweptRun>& runs) {
  const Observations observations = observations_of(runs);
  const std::vector<ShownMeasure> compared = compared_of(observations);
  std::vector<std::string> names;
  std::vector<TableColumn> columns{{"policy", true}};
  for (const ShownMeasure& one : compared) {
    names.emplace_back(one.asked);
    columns.push_back({one.heading});
  }
  const Pivot pivoted = pivot(observations, {kAxis}, {}, names);
  std::vector<std::vector<char>> marks;
  for (std::size_t column = 0; column < compared.size(); ++column)
    marks.push_back(marks_of(observations, pivoted, column, compared[column].better));
  Table table(columns);
  for (std::size_t row = 0; row < pivoted.rows.size(); ++row) {
    std::vector<std::string> cells = pivoted.rows[row];
    for (std::size_t column = 0; column < compared.size(); ++column) {
      const std::optional<Estimate>& estimate = pivoted.cells[row][column].estimate;
      cells.push_back((estimate ? format_estimate(estimate->mean, estimate->half_width) : "-") + marks[column][row]);
    }
    table.add_row(std::move(cells));
  }
  return table.text() + "\n" + pivot_note(pivoted, observations) +
         "\n* best of its column; ~ not told apart from it (Wilcoxon's signed-rank test on equal seeds, p >= 0.05\n"
         "after Holm; below 6 replications it tells nothing apart)\n";
}

std::string replicated_json(const std::vector<SweptRun>& runs, const Place& place) {
  const Observations observations = observations_of(runs);
  std::vector<std::string> names;
  for (const ShownMeasure& one : compared_of(observations)) names.emplace_back(one.asked);
  const nlohmann::ordered_json result = {
      {"store", place.store.string()},
      {"batch", place.batch},
      {"cells", nlohmann::ordered_json::parse(pivot_json(pivot(observations, {kAxis}, {}, names), std::nullopt))}};
  return result.dump(2) + "\n";
}

}  // namespace twinfer
