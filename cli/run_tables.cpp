#include "cli/run_tables.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

#include "report/table.h"

namespace twinfer {
namespace {

using Value = std::optional<double>;

Value scaled(Value value, double factor) { return value ? Value(*value * factor) : std::nullopt; }

// A measure of a run, in the unit of its heading.
struct Measure {
  std::string heading;
  int decimals;
  std::function<Value(const SummaryLine&)> value;
  int better = 0;       // -1: less is better, 1: more is better, 0: neither
  bool of_all = false;  // shown only where every run has it
};

using SummaryValue = std::function<Value(const Summary&)>;

std::function<Value(const SummaryLine&)> of_summary(SummaryValue value) {
  return [value = std::move(value)](const SummaryLine& line) { return value(line.summary); };
}

std::function<Value(const SummaryLine&)> stored(const char* name, double factor) {
  return [name, factor](const SummaryLine& line) {
    const auto found = line.measures.find(name);
    return found == line.measures.end() ? std::nullopt : Value(found->second * factor);
  };
}

std::vector<Measure> shown_measures(const std::vector<SummaryLine>& lines) {
  std::vector<Measure> measures{
      {"P50 (ms)", 2, of_summary([](const Summary& s) { return scaled(s.p50_s, 1e3); }), -1},
      {"P95 (ms)", 2, of_summary([](const Summary& s) { return scaled(s.p95_s, 1e3); }), -1},
      {"P99 (ms)", 2, of_summary([](const Summary& s) { return scaled(s.p99_s, 1e3); }), -1},
      {"mean (ms)", 2, of_summary([](const Summary& s) { return scaled(s.mean_s, 1e3); }), -1},
      {"throughput (1/s)", 2, of_summary([](const Summary& s) { return s.throughput_hz; }), 1},
      {"accuracy (%)", 2, of_summary([](const Summary& s) { return scaled(s.accuracy, 100); }), 1},
      {"early exits (%)", 1, of_summary([](const Summary& s) { return scaled(s.early_exit_share, 100); })},
      {"sent (kB/request)", 2, of_summary([](const Summary& s) { return scaled(s.bytes_per_request, 1e-3); }), -1},
      {"energy (mJ/request)", 2, stored("energy_j", 1e3), -1, true},
      {"cost (/1000)", 4, stored("cost", 1), -1, true}};
  std::erase_if(measures, [&](const Measure& measure) {
    return measure.of_all &&
           !std::ranges::all_of(lines, [&](const SummaryLine& line) { return measure.value(line).has_value(); });
  });
  return measures;
}

struct CountColumn {
  const char* heading;
  std::uint64_t Summary::*count;
};

// Of the requests that did not come back in time, only the kinds that occur.
std::vector<CountColumn> lost_columns(const std::vector<SummaryLine>& lines) {
  std::vector<CountColumn> columns{
      {"missed", &Summary::missed}, {"dropped", &Summary::dropped}, {"failed", &Summary::failed}};
  std::erase_if(columns, [&](const CountColumn& column) {
    return std::ranges::none_of(lines, [&](const SummaryLine& line) { return line.summary.*column.count > 0; });
  });
  return columns;
}

// The best value of a column as it is printed; nothing if it marks nobody out.
std::optional<std::string> best_cell(const Measure& measure, const std::vector<SummaryLine>& lines) {
  if (measure.better == 0) return std::nullopt;
  Value best;
  std::optional<std::string> first;
  bool differ = false;
  for (const SummaryLine& line : lines) {
    const Value value = measure.value(line);
    const std::string cell = format_number(value, measure.decimals);
    differ = differ || (first && *first != cell);
    if (!first) first = cell;
    if (value && (!best || measure.better * *value > measure.better * *best)) best = value;
  }
  return best && differ ? std::optional(format_number(best, measure.decimals)) : std::nullopt;
}

std::string runs_table(const std::vector<SummaryLine>& lines, bool mark_best) {
  const std::vector<Measure> measures = shown_measures(lines);
  std::vector<TableColumn> columns{{"policy", true}};
  std::vector<std::optional<std::string>> best;
  for (const Measure& measure : measures) {
    columns.push_back({measure.heading});
    best.push_back(mark_best ? best_cell(measure, lines) : std::nullopt);
  }
  const std::vector<CountColumn> lost = lost_columns(lines);
  for (const CountColumn& column : lost) columns.push_back({column.heading});
  columns.push_back({"plan", true});

  Table table(columns);
  for (const SummaryLine& line : lines) {
    std::vector<std::string> cells{line.policy};
    for (std::size_t m = 0; const Measure& measure : measures) {
      const std::string cell = format_number(measure.value(line), measure.decimals);
      const bool marked = best[m] && *best[m] == cell;
      cells.push_back(best[m] ? cell + (marked ? "*" : " ") : cell);
      ++m;
    }
    for (const CountColumn& column : lost) cells.push_back(std::to_string(line.summary.*column.count));
    cells.push_back(line.plan);
    table.add_row(std::move(cells));
  }
  return table.text();
}

// A measure in the validation table: simulated, measured, and how far apart.
struct ValidatedMeasure {
  std::string group;
  int decimals;
  SummaryValue value;
  std::string error_heading;
  std::function<Value(const Comparison&)> error;
  bool with_noise;
};

std::vector<ValidatedMeasure> validated_measures() {
  const auto percent = [](Value Comparison::*member) {
    return [member](const Comparison& c) { return scaled(c.*member, 100); };
  };
  return {{"P50 (ms)", 2, [](const Summary& s) { return scaled(s.p50_s, 1e3); }, "err %",
           percent(&Comparison::p50_error), true},
          {"P95 (ms)", 2, [](const Summary& s) { return scaled(s.p95_s, 1e3); }, "err %",
           percent(&Comparison::p95_error), true},
          {"throughput (1/s)", 2, [](const Summary& s) { return s.throughput_hz; }, "err %",
           percent(&Comparison::throughput_error), true},
          {"accuracy (%)", 1, [](const Summary& s) { return scaled(s.accuracy, 100); }, "diff",
           percent(&Comparison::accuracy_difference), false},
          {"early exits (%)", 1, [](const Summary& s) { return scaled(s.early_exit_share, 100); }, "diff",
           percent(&Comparison::early_exit_difference), false},
          {"sent (kB/request)", 2, [](const Summary& s) { return scaled(s.bytes_per_request, 1e-3); }, "err %",
           percent(&Comparison::bytes_error), false}};
}

}  // namespace

std::string summary_table(const std::vector<SummaryLine>& lines) { return runs_table(lines, false); }

std::string comparison_table(const std::vector<SummaryLine>& lines) { return runs_table(lines, true); }

std::string validation_table(const std::vector<ValidationLine>& lines) {
  const bool noisy = std::ranges::any_of(lines, [](const ValidationLine& line) { return line.noise.has_value(); });
  std::vector<TableColumn> columns{{"policy", true}};
  for (const ValidatedMeasure& measure : validated_measures()) {
    for (const std::string& heading : {std::string("sim"), std::string("live"), measure.error_heading})
      columns.push_back({heading, false, measure.group});
    if (noisy && measure.with_noise) columns.push_back({"noise %", false, measure.group});
  }
  Table table(columns);
  for (const ValidationLine& line : lines) {
    std::vector<std::string> cells{line.policy};
    for (const ValidatedMeasure& measure : validated_measures()) {
      cells.push_back(format_number(measure.value(line.error.tested), measure.decimals));
      cells.push_back(format_number(measure.value(line.error.reference), measure.decimals));
      cells.push_back(format_signed(measure.error(line.error), 1));
      if (noisy && measure.with_noise)
        cells.push_back(format_signed(line.noise ? measure.error(*line.noise) : std::nullopt, 1));
    }
    table.add_row(std::move(cells));
  }
  return table.text();
}

}  // namespace twinfer
