// The tables that twinfer prints.
#pragma once

#include <string>
#include <vector>

#include "report/result_store.h"

namespace twinfer {

struct SummaryLine {
  std::string policy;
  std::string plan;
  Measures measures;  // all that measures_of gives
};

// A row a run. Columns of requests that did not return appear only if there are any,
// those of energy and cost only if they are known of every run.
std::string summary_table(const std::vector<SummaryLine>& lines);

// The same with the best value of a column marked, unless all are equal.
std::string comparison_table(const std::vector<SummaryLine>& lines);

}  // namespace twinfer
