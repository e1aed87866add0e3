#include "cli/pivot_text.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/joined.h"
#include "report/csv_field.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

std::vector<TableColumn> columns_of(const Pivot& pivot) {
  std::vector<TableColumn> columns;
  for (const std::string& axis : pivot.row_axes) columns.push_back({axis, true, ""});
  const std::string axes = joined(pivot.column_axes);
  for (const std::vector<std::string>& values : pivot.columns)
    for (const AskedMeasure& measure : pivot.measures) {
      const std::string value = joined(values);
      if (pivot.column_axes.empty())
        columns.push_back({measure.name, false, ""});
      else if (pivot.measures.size() == 1)
        columns.push_back({value, false, measure.name + " by " + axes});
      else
        columns.push_back({measure.name, false, axes + " " + value});
    }
  return columns;
}

Table table_of(const Pivot& pivot, const std::function<std::string(std::size_t row, std::size_t column)>& cell) {
  Table table(columns_of(pivot));
  for (std::size_t row = 0; row < pivot.rows.size(); ++row) {
    std::vector<std::string> cells = pivot.rows[row];
    for (std::size_t column = 0; column < pivot.cells[row].size(); ++column) cells.push_back(cell(row, column));
    table.add_row(std::move(cells));
  }
  return table;
}

// A cell with the place that it has, for programs.
ordered_json cell_json(const Pivot& pivot, const std::optional<Differences>& differences, std::size_t row,
                       std::size_t at) {
  const std::size_t measures = pivot.measures.size();
  ordered_json cell;
  for (std::size_t i = 0; i < pivot.row_axes.size(); ++i) cell[pivot.row_axes[i]] = pivot.rows[row][i];
  for (std::size_t i = 0; i < pivot.column_axes.size(); ++i)
    cell[pivot.column_axes[i]] = pivot.columns[at / measures][i];
  const Cell& value = pivot.cells[row][at];
  const auto number = [](const std::optional<double>& optional) {
    return optional ? ordered_json(*optional) : nullptr;
  };
  cell["measure"] = pivot.measures[at % measures].name;
  cell["mean"] = value.estimate ? ordered_json(value.estimate->mean) : nullptr;
  cell["ci95"] = value.estimate ? number(value.estimate->half_width) : nullptr;
  cell["runs"] = value.estimate ? value.estimate->count : 0;
  cell["failed"] = value.failed;
  if (!differences) return cell;
  const std::optional<PairedDifference>& difference = (*differences)[row][at];
  cell["difference"] = difference ? ordered_json(difference->difference.mean) : nullptr;
  cell["difference_ci95"] = difference ? number(difference->difference.half_width) : nullptr;
  cell["p"] = difference ? ordered_json(difference->p) : nullptr;
  return cell;
}

ordered_json cells_json(const Pivot& pivot, const std::optional<Differences>& differences) {
  ordered_json cells = ordered_json::array();
  for (std::size_t row = 0; row < pivot.rows.size(); ++row)
    for (std::size_t at = 0; at < pivot.cells[row].size(); ++at)
      cells.push_back(cell_json(pivot, differences, row, at));
  return cells;
}

std::string csv_value(const ordered_json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? csv_field(value.get<std::string>()) : value.dump();
}

}  // namespace

Table pivot_table(const Pivot& pivot) {
  return table_of(pivot, [&pivot](std::size_t row, std::size_t column) -> std::string {
    const Cell& cell = pivot.cells[row][column];
    if (!cell.estimate) return "-";
    return format_estimate(cell.estimate->mean, cell.estimate->half_width);
  });
}

Table difference_table(const Pivot& pivot, const Differences& differences) {
  return table_of(pivot, [&differences](std::size_t row, std::size_t column) -> std::string {
    const std::optional<PairedDifference>& cell = differences[row][column];
    if (!cell) return "-";
    return fmt::format("{} (p {:.2g})", format_estimate(cell->difference.mean, cell->difference.half_width), cell->p);
  });
}

std::string pivot_note(const Pivot& pivot, const Observations& observations) {
  std::size_t least = observations.runs.size();
  std::size_t most = 0;
  for (const std::vector<Cell>& row : pivot.cells)
    for (const Cell& cell : row) {
      if (!cell.estimate) continue;
      least = std::min(least, cell.estimate->count);
      most = std::max(most, cell.estimate->count);
    }
  std::string note;
  if (most > 1)
    note = fmt::format("Mean ± 95 % confidence interval over {} replications.",
                       least == most ? std::to_string(most) : fmt::format("{} to {}", least, most));
  if (pivot.failed > 0)
    note += fmt::format("{}{} of {} runs failed and are left out.", note.empty() ? "" : " ", pivot.failed,
                        observations.runs.size());
  return note;
}

std::string pivot_csv(const Pivot& pivot, const std::optional<Differences>& differences) {
  std::string csv;
  for (const ordered_json& cell : cells_json(pivot, differences)) {
    const auto& fields = cell.get_ref<const ordered_json::object_t&>();
    if (csv.empty()) csv = joined(fields, ",", [](const auto& field) { return csv_field(field.first); }) + "\n";
    csv += joined(fields, ",", [](const auto& field) { return csv_value(field.second); }) + "\n";
  }
  return csv;
}

std::string pivot_json(const Pivot& pivot, const std::optional<Differences>& differences) {
  return cells_json(pivot, differences).dump(2) + "\n";
}

}  // namespace twinfer
