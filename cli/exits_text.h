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
};

struct ExitReport {
  LayerGraph graph;
  ExitTrace trace;
  std::string plan;  // empty without one
  std::optional<ExitPrices> latency;
  std::vector<ExitLine> lines;
};

// A row a setting, and where there is only one, its thresholds as a scenario takes them.
std::string exits_table(const ExitReport& report);
std::string exits_json(const ExitReport& report);

}  // namespace twinfer
