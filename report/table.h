// Aligned text tables: plain characters, a heading with units, and an optional
// line of group headings above it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace twinfer {

struct TableColumn {
  std::string heading;     // with the unit: "P50 (ms)"
  bool left = false;       // text left, numbers right
  std::string group = "";  // neighbours with the same non-empty group share it
};

class Table {
 public:
  explicit Table(std::vector<TableColumn> columns);
  // REQUIRES: one cell a column. UTF-8; a code point is taken as one place wide.
  void add_row(std::vector<std::string> cells);
  // Lines that end with a newline, without trailing blanks.
  [[nodiscard]] std::string text() const;
  // For documents (table_formats.cpp). A group stands before its headings: "P50: sim".
  [[nodiscard]] std::string markdown() const;
  [[nodiscard]] std::string latex() const;  // a tabular that needs no package

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] std::string group_line(const std::vector<std::size_t>& widths) const;
  [[nodiscard]] std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;

  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Cells. Nothing is "-".
std::string format_number(std::optional<double> value, int decimals);
std::string format_signed(std::optional<double> value, int decimals);  // "+1.2", "0.0", "-1.2"
// At least three significant digits, without an exponent: "0.0123", "12.3", "1234".
std::string format_digits(std::optional<double> value);
// A size for people: "64 B", "12.3 kB", "1.20 MB" (1 kB = 1000 B).
std::string format_bytes(double bytes);
// A mean with the half width of its interval, to two digits of the latter: "12.30 ± 0.45".
// Without an interval, or where it is narrower than 0.01 % of the mean: as format_digits.
std::string format_estimate(double mean, std::optional<double> half_width);
// A time for people: "35.0 us", "12.3 ms", "1.20 s".
std::string format_seconds(double seconds);

}  // namespace twinfer
