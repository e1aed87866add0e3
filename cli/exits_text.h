// What twinfer exits prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policies/exit_outcome.h"

namespace twinfer {

struct ExitLine {
  ExitSettings settings;
  ExitOutcome outcome;
  double mean_flops = 0;
  std::optional<double> mean_latency_s;  // nothing without a plan
  std::string plan;                      // that the policy makes with these settings
};

struct ExitReport {
  LayerGraph graph;
  ExitTrace trace;
  std::vector<ExitLine> lines;  // at least one; all heads asked, or a line alone, so one plan
};

// A row a setting, and where there is only one, its thresholds as a scenario takes them.
std::string exits_table(const ExitReport& report);
std::string exits_json(const ExitReport& report);

}  // namespace twinfer
