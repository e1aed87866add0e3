#include "report/table.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace twinfer {
namespace {

constexpr const char* kGap = "  ";
constexpr const char* kGroupGap = "   ";
constexpr double kNarrow = 1e-4;  // of a mean: an interval that says nothing more

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return left ? text + blanks : blanks + text;
}

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

// Three significant digits of a value between 0 and 1000 or more.
std::string three_digits(double value) {
  if (!(std::abs(value) > 0)) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::clamp(2 - magnitude, 0, 9));
}

}  // namespace

Table::Table(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}

void Table::add_row(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = width_of(columns_[c].heading);
    for (const auto& row : rows_) width = std::max(width, width_of(row[c]));
    widths.push_back(width);
  }
  return widths;
}

// A group's heading starts where its first column does, and widens its last
// column if it is longer than all of them.
std::string Table::text() const {
  std::vector<std::size_t> width = widths();
  bool grouped = false;
  for (std::size_t c = 0; c < columns_.size();) {
    std::size_t end = c + 1;
    std::size_t together = width[c];
    while (end < columns_.size() && !columns_[c].group.empty() && columns_[end].group == columns_[c].group)
      together += std::string(kGap).size() + width[end++];
    grouped = grouped || !columns_[c].group.empty();
    width[c] += std::max(together, width_of(columns_[c].group)) - together;
    c = end;
  }
  std::vector<std::string> headings;
  for (const TableColumn& column : columns_) headings.push_back(column.heading);
  std::string text = grouped ? group_line(width) : "";
  text += line(headings, width);
  for (const auto& row : rows_) text += line(row, width);
  return text;
}

std::string Table::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
  std::string text;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (c > 0) text += columns_[c].group == columns_[c - 1].group ? kGap : kGroupGap;
    text += padded(cells[c], widths[c], columns_[c].left);
  }
  return without_trailing_blanks(std::move(text));
}

std::string Table::group_line(const std::vector<std::size_t>& widths) const {
  std::string text;
  std::string group;
  std::size_t at = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (c > 0) at += columns_[c].group == columns_[c - 1].group ? 2 : 3;
    if (columns_[c].group != group) {
      group = columns_[c].group;
      text = padded(text, at, true) + group;
    }
    at += widths[c];
  }
  return without_trailing_blanks(std::move(text));
}

std::string format_number(std::optional<double> value, int decimals) {
  if (!value) return "-";
  const std::string text = fmt::format("{:.{}f}", *value, decimals);
  // "-0.0" says nothing that "0.0" does not.
  return text.find_first_not_of("-0.") == std::string::npos && text[0] == '-' ? text.substr(1) : text;
}

std::string format_signed(std::optional<double> value, int decimals) {
  const std::string text = format_number(value, decimals);
  const bool plus = value && *value > 0 && text.find_first_not_of("0.") != std::string::npos;
  return plus ? "+" + text : text;
}

std::string format_digits(std::optional<double> value) { return value ? three_digits(*value) : "-"; }

std::string format_estimate(double mean, std::optional<double> half_width) {
  if (!half_width || !(*half_width > kNarrow * std::abs(mean))) return format_digits(mean);
  const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(*half_width))), 0, 12);
  return fmt::format("{:.{}f} ± {:.{}f}", mean, decimals, *half_width, decimals);
}

std::string format_bytes(double bytes) {
  if (bytes < 1e3) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1e6) return three_digits(bytes / 1e3) + " kB";
  if (bytes < 1e9) return three_digits(bytes / 1e6) + " MB";
  return three_digits(bytes / 1e9) + " GB";
}

std::string format_seconds(double seconds) {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 1e-3) return three_digits(seconds * 1e6) + " us";
  if (seconds < 1) return three_digits(seconds * 1e3) + " ms";
  return three_digits(seconds) + " s";
}

}  // namespace twinfer
