#include "cli/run_tables.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "cli/shown_measures.h"
#include "report/table.h"

namespace twinfer {
namespace {

using Value = std::optional<double>;

// In the unit of the measure's heading.
Value value_of(const SummaryLine& line, const ShownMeasure& measure) {
  const auto found = line.measures.find(measure.name);
  return found == line.measures.end() ? std::nullopt : Value(found->second * measure.scale);
}

std::vector<ShownMeasure> shown_measures(const std::vector<SummaryLine>& lines) {
  std::vector<ShownMeasure> measures(kShownMeasures.begin(), kShownMeasures.end());
  std::erase_if(measures, [&](const ShownMeasure& measure) {
    return measure.of_all &&
           !std::ranges::all_of(lines, [&](const SummaryLine& line) { return line.measures.contains(measure.name); });
  });
  return measures;
}

// Of the requests that did not come back in time, only the kinds that occur.
std::vector<std::string> lost_kinds(const std::vector<SummaryLine>& lines) {
  std::vector<std::string> kinds{"missed", "dropped", "failed"};
  std::erase_if(kinds, [&](const std::string& kind) {
    return std::ranges::none_of(lines, [&](const SummaryLine& line) { return line.measures.at(kind) > 0; });
  });
  return kinds;
}

// The best value of a column as it is printed; nothing if it marks nobody out.
std::optional<std::string> best_cell(const ShownMeasure& measure, const std::vector<SummaryLine>& lines) {
  if (measure.better == 0) return std::nullopt;
  Value best;
  std::optional<std::string> first;
  bool differ = false;
  for (const SummaryLine& line : lines) {
    const Value value = value_of(line, measure);
    const std::string cell = format_number(value, measure.decimals);
    differ = differ || (first && *first != cell);
    if (!first) first = cell;
    if (value && (!best || measure.better * *value > measure.better * *best)) best = value;
  }
  return best && differ ? std::optional(format_number(best, measure.decimals)) : std::nullopt;
}

std::string runs_table(const std::vector<SummaryLine>& lines, bool mark_best) {
  const std::vector<ShownMeasure> measures = shown_measures(lines);
  std::vector<TableColumn> columns{{"policy", true}};
  std::vector<std::optional<std::string>> best;
  for (const ShownMeasure& measure : measures) {
    columns.push_back({measure.heading});
    best.push_back(mark_best ? best_cell(measure, lines) : std::nullopt);
  }
  const std::vector<std::string> lost = lost_kinds(lines);
  for (const std::string& kind : lost) columns.push_back({kind});
  columns.push_back({"plan", true});

  Table table(columns);
  for (const SummaryLine& line : lines) {
    std::vector<std::string> cells{line.policy};
    for (std::size_t m = 0; const ShownMeasure& measure : measures) {
      const std::string cell = format_number(value_of(line, measure), measure.decimals);
      const bool marked = best[m] && *best[m] == cell;
      cells.push_back(best[m] ? cell + (marked ? "*" : " ") : cell);
      ++m;
    }
    for (const std::string& kind : lost) cells.push_back(format_number(line.measures.at(kind), 0));
    cells.push_back(line.plan);
    table.add_row(std::move(cells));
  }
  return table.text();
}

}  // namespace

std::string summary_table(const std::vector<SummaryLine>& lines) { return runs_table(lines, false); }

std::string comparison_table(const std::vector<SummaryLine>& lines) { return runs_table(lines, true); }

}  // namespace twinfer
