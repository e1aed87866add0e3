// What early exits make of the samples of a recorded trace: which exit each one
// takes, how often that is right, and what it costs on average.
//
// Costs are those of requests that come alone; queueing is left to the back ends.
#pragma once

#include <vector>

#include "core/exit_trace.h"
#include "policies/exit_policy.h"
#include "policies/partition_policy.h"

namespace twinfer {

struct ExitOutcome {
  double accuracy = 0;
  std::vector<double> shares;  // of the samples, by the exit that they take, the final one included
};

// REQUIRES: samples, with an observation of every exit.
ExitOutcome evaluate_exits(const ExitTrace& trace, const ExitPolicy& policy);

// Share of samples that each exit classifies rightly, by ExitId, the final one included.
std::vector<double> exit_accuracy(const ExitTrace& trace);

// What a request costs by the exit that it takes, all in one unit.
struct ExitPrices {
  std::vector<double> layers;  // by exit: of the way there, without heads
  std::vector<double> heads;   // of asking a head, whatever it says
};

// In seconds: from the source through the stages up to the exit, and the
// result's way back. REQUIRES: feasible stages that hold the heads in order.
ExitPrices latency_prices(const Problem& problem, const std::vector<Stage>& stages);

// In floating-point operations.
ExitPrices work_prices(const LayerGraph& graph);

// Of one request, when the samples take the exits in these shares.
double mean_price(const ExitPrices& prices, const std::vector<ExitId>& active_heads, const std::vector<double>& shares);

}  // namespace twinfer
