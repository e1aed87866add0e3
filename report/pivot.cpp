#include "report/pivot.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/joined.h"
#include "report/sweep_store.h"

namespace twinfer {
namespace {

using Point = std::vector<std::string>;

// Where a run stands that belongs to no sweep: scenario, mode, policy.
Point single_point(const RunInfo& run) { return {run.scenario, to_string(run.mode), run.policy}; }

void add_value(SweepAxis& axis, const std::string& value) {
  if (std::ranges::find(axis.values, value) == axis.values.end()) axis.values.push_back(value);
}

const SweepAxis& axis_named(const Observations& observations, const std::string& name) {
  const auto found = std::ranges::find(observations.axes, name, &SweepAxis::field);
  if (found != observations.axes.end()) return *found;
  throw InputError(observations.source, "axis", name,
                   "is not there; known: " + or_none(joined(observations.axes, ", ", &SweepAxis::field)));
}

struct Unit {
  const char* asked;
  const char* stored;
  double scale;
};

constexpr std::array kUnits{Unit{"_ms", "_s", 1e3},
                            Unit{"_us", "_s", 1e6},
                            Unit{"_mj", "_j", 1e3},
                            Unit{"_kb_per_request", "_bytes_per_request", 1e-3},
                            Unit{"_mb_per_request", "_bytes_per_request", 1e-6},
                            Unit{"_percent", "", 100}};

Point values_of(const Observation& run, const std::vector<std::string>& axes) {
  Point values;
  for (const std::string& axis : axes) values.push_back(run.point.at(axis));
  return values;
}

// Those combinations that a run has, by the axes' own order of values.
std::vector<Point> points_in_order(const Observations& observations, const std::vector<std::string>& axes) {
  std::map<std::vector<std::ptrdiff_t>, Point> ordered;
  for (const Observation& run : observations.runs) {
    const Point point = values_of(run, axes);
    std::vector<std::ptrdiff_t> order;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::vector<std::string>& values = axis_named(observations, axes[i]).values;
      order.push_back(std::ranges::find(values, point[i]) - values.begin());
    }
    ordered.emplace(order, point);
  }
  std::vector<Point> points;
  for (const auto& [order, point] : ordered) points.push_back(point);
  return points;
}

void check_axes(const Observations& observations, const std::vector<std::string>& row_axes,
                const std::vector<std::string>& column_axes) {
  std::set<std::string> seen;
  for (const std::vector<std::string>* axes : {&row_axes, &column_axes})
    for (const std::string& axis : *axes) {
      static_cast<void>(axis_named(observations, axis));
      if (!seen.insert(axis).second) throw InputError(observations.source, "axis", axis, "is asked for twice");
    }
}

// Replications of one point only.
void check_unmixed(const Observations& observations, const std::vector<const Observation*>& runs) {
  for (const Observation* run : runs)
    for (const auto& [axis, value] : run->point)
      if (value != runs.front()->point.at(axis))
        throw InputError(observations.source, "axis", axis,
                         "differs within a cell (" + runs.front()->point.at(axis) + ", " + value +
                             "); put it into the rows or columns, or choose one value");
}

using Groups = std::map<std::pair<Point, Point>, std::vector<const Observation*>>;

Groups groups_of(const Observations& observations, const Pivot& table) {
  Groups groups;
  for (const Observation& run : observations.runs)
    groups[{values_of(run, table.row_axes), values_of(run, table.column_axes)}].push_back(&run);
  for (const auto& [place, runs] : groups) check_unmixed(observations, runs);
  return groups;
}

Cell cell_of(const std::vector<const Observation*>& runs, const AskedMeasure& asked) {
  Cell cell;
  std::vector<double> values;
  for (const Observation* run : runs) {
    cell.failed += run->failed ? 1 : 0;
    const auto found = run->measures.find(asked.measure);
    if (found != run->measures.end()) values.push_back(found->second * asked.scale);
  }
  if (!values.empty()) cell.estimate = estimate_mean(values);
  return cell;
}

// Value by replication.
std::map<std::uint64_t, double> series_of(const Groups& groups, const Point& row, const Point& column,
                                          const AskedMeasure& asked) {
  std::map<std::uint64_t, double> series;
  const auto found = groups.find({row, column});
  if (found == groups.end()) return series;
  for (const Observation* run : found->second)
    if (const auto value = run->measures.find(asked.measure); value != run->measures.end())
      series[run->replication] = value->second * asked.scale;
  return series;
}

std::optional<PairedDifference> difference_of(const std::map<std::uint64_t, double>& values,
                                              const std::map<std::uint64_t, double>& baseline) {
  std::vector<double> differences;
  for (const auto& [replication, value] : values)
    if (const auto found = baseline.find(replication); found != baseline.end())
      differences.push_back(value - found->second);
  if (differences.empty()) return std::nullopt;
  return PairedDifference{estimate_mean(differences), signed_rank_p(differences)};
}

// The rows of one column answer one question: which of them differ from the baseline.
void correct(std::vector<std::vector<std::optional<PairedDifference>>>& differences, std::size_t column) {
  std::vector<double> p_values;
  for (const auto& row : differences)
    if (row[column]) p_values.push_back(row[column]->p);
  const std::vector<double> corrected = holm_corrected(p_values);
  for (std::size_t next = 0; auto& row : differences)
    if (row[column]) row[column]->p = corrected[next++];
}

}  // namespace

std::set<std::string> known_measures(const Observations& observations) {
  std::set<std::string> known;
  for (const Observation& run : observations.runs)
    for (const auto& [name, value] : run.measures) known.insert(name);
  return known;
}

Observations sweep_observations(const std::filesystem::path& file, const std::string& name) {
  const SweepStore store(file, StoreAccess::kRead);
  const SweepInfo sweep = store.sweep(name);
  Observations observations{file.string(), sweep.axes, {}};
  for (SweptRun& run : store.runs(name)) {
    Observation& observation = observations.runs.emplace_back();
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis)
      observation.point[sweep.axes[axis].field] = run.point.at(axis);
    observation.replication = run.replication;
    observation.failed = run.info.status != "complete";
    observation.measures = std::move(run.measures);
  }
  return observations;
}

std::vector<RunInfo> newest_runs(const std::vector<RunInfo>& runs) {
  std::map<std::pair<Point, std::uint64_t>, RunInfo> newest;
  for (const RunInfo& run : runs)
    if (run.status != "running") newest.insert_or_assign({single_point(run), run.seed}, run);
  std::vector<RunInfo> kept;
  for (const auto& [key, run] : newest) kept.push_back(run);
  std::ranges::sort(kept, {}, &RunInfo::id);
  return kept;
}

Observations single_observations(const std::filesystem::path& file, const std::vector<RunInfo>& runs) {
  const ResultStore store(file, StoreAccess::kRead);
  Observations observations{file.string(), {{"scenario", {}}, {"mode", {}}, {"policy", {}}}, {}};
  for (const RunInfo& run : runs) {
    Observation& observation = observations.runs.emplace_back();
    for (std::size_t axis = 0; const std::string& value : single_point(run)) {
      add_value(observations.axes[axis], value);
      observation.point[observations.axes[axis++].field] = value;
    }
    observation.replication = run.seed;
    observation.failed = run.status != "complete";
    if (!observation.failed) observation.measures = store.measures(run.id);
  }
  return observations;
}

Observations load_observations(const std::filesystem::path& file, const std::string& sweep) {
  const SweepStore store(file, StoreAccess::kRead);
  if (!sweep.empty()) return sweep_observations(file, sweep);
  const std::vector<SweepInfo> sweeps = store.sweeps();
  if (sweeps.empty()) return single_observations(file, newest_runs(ResultStore(file, StoreAccess::kRead).runs()));
  if (sweeps.size() == 1) return sweep_observations(file, sweeps.front().name);
  throw InputError(file.string(), "sweep", "", "has several; choose one: " + joined(sweeps, ", ", &SweepInfo::name));
}

Observations where(Observations observations, const std::string& axis, const std::vector<std::string>& values) {
  const SweepAxis& known = axis_named(observations, axis);
  for (const std::string& value : values)
    if (std::ranges::find(known.values, value) == known.values.end())
      throw InputError(observations.source, axis, value,
                       "is no value of this axis; known: " + or_none(joined(known.values)));
  std::erase_if(observations.runs,
                [&](const Observation& run) { return std::ranges::find(values, run.point.at(axis)) == values.end(); });
  return observations;
}

AskedMeasure asked_measure(const std::string& name, const Observations& observations) {
  const std::set<std::string> known = known_measures(observations);
  if (known.contains(name)) return {name, name, 1};
  for (const Unit& unit : kUnits) {
    if (!name.ends_with(unit.asked)) continue;
    const std::string stored = name.substr(0, name.size() - std::string(unit.asked).size()) + unit.stored;
    if (known.contains(stored)) return {name, stored, unit.scale};
  }
  throw InputError(observations.source, "measure", name, "is not there; known: " + or_none(joined(known)));
}

Pivot pivot(const Observations& observations, const std::vector<std::string>& row_axes,
            const std::vector<std::string>& column_axes, const std::vector<std::string>& measures) {
  check_axes(observations, row_axes, column_axes);
  Pivot table;
  table.row_axes = row_axes;
  table.column_axes = column_axes;
  for (const std::string& measure : measures) table.measures.push_back(asked_measure(measure, observations));
  table.rows = points_in_order(observations, row_axes);
  table.columns = points_in_order(observations, column_axes);
  const Groups groups = groups_of(observations, table);
  for (const Point& row : table.rows) {
    std::vector<Cell>& cells = table.cells.emplace_back();
    for (const Point& column : table.columns) {
      const auto found = groups.find({row, column});
      for (const AskedMeasure& measure : table.measures)
        cells.push_back(found == groups.end() ? Cell{} : cell_of(found->second, measure));
    }
  }
  for (const Observation& run : observations.runs) table.failed += run.failed ? 1 : 0;
  return table;
}

std::vector<std::vector<std::optional<PairedDifference>>> paired_differences(const Observations& observations,
                                                                             const Pivot& table,
                                                                             const std::string& axis,
                                                                             const std::string& baseline) {
  const auto at = std::ranges::find(table.row_axes, axis);
  if (at == table.row_axes.end())
    throw InputError(observations.source, "axis", axis, "must be one of the rows to compare by it");
  static_cast<void>(where(observations, axis, {baseline}));  // refuses an unknown value
  const auto position = static_cast<std::size_t>(at - table.row_axes.begin());
  const Groups groups = groups_of(observations, table);
  std::vector<std::vector<std::optional<PairedDifference>>> differences;
  for (const Point& row : table.rows) {
    Point base = row;
    base[position] = baseline;
    auto& cells = differences.emplace_back();
    for (const Point& column : table.columns)
      for (const AskedMeasure& measure : table.measures)
        cells.push_back(row == base ? std::nullopt
                                    : difference_of(series_of(groups, row, column, measure),
                                                    series_of(groups, base, column, measure)));
  }
  for (std::size_t column = 0; column < table.columns.size() * table.measures.size(); ++column)
    correct(differences, column);
  return differences;
}

}  // namespace twinfer
