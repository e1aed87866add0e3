// Arranged runs as text, Markdown, LaTeX, CSV and JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/pivot.h"
#include "report/table.h"

namespace twinfer {

using Differences = std::vector<std::vector<std::optional<PairedDifference>>>;

// "12.30 ± 0.45" a cell, "-" where no run is.
Table pivot_table(const Pivot& pivot);

// "-1.20 ± 0.30 (p 0.012)" a cell.
Table difference_table(const Pivot& pivot, const Differences& differences);

// What the numbers are, in a sentence or two.
std::string pivot_note(const Pivot& pivot, const Observations& observations);

// One line a cell: the values of its axes, measure, mean, ci95 (half width), runs, failed;
// with differences also difference, difference_ci95, p.
std::string pivot_csv(const Pivot& pivot, const std::optional<Differences>& differences);
std::string pivot_json(const Pivot& pivot, const std::optional<Differences>& differences);

}  // namespace twinfer
