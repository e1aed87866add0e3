// Decision fidelity: does the twin rank the policies of a scenario as the live system does, and
// what does it cost to follow it?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/fidelity.h"
#include "report/ranking.h"

namespace twinfer {

// Differences below this share decide nothing, whatever the noise floor.
inline constexpr double kLeastTolerance = 0.01;

// Of one measure over the choices of which both worlds know it.
struct Decision {
  std::size_t measure = 0;  // of kValidated
  double tolerance = 0;     // within which policies tie: the mean noise floor of the choices, or kLeastTolerance
  RankedPairs pairs;
  std::string simulated_best;  // policy, or several of one plan
  std::string measured_best;
  double regret = 0;  // of following the simulator

  [[nodiscard]] std::optional<double> tau() const { return kendall_tau(pairs); }
};

// A policy, what it planned, and what was found of it, borrowed.
struct JudgedPolicy {
  std::string policy;
  std::string plan;
  const Fidelity* fidelity = nullptr;
};

// By mean, P50, P95 and throughput. Policies of one plan are one choice, of their mean values and named together:
// what differs between them is no decision. A measure that fewer than two choices know is left out.
std::vector<Decision> judge_decisions(const std::vector<JudgedPolicy>& policies);

// Over several scenarios, of which each counts with its pairs.
struct DecisionsOverall {
  std::size_t measure = 0;
  std::size_t scenarios = 0;
  RankedPairs pairs;
  double mean_regret = 0;
  double worst_regret = 0;

  [[nodiscard]] std::optional<double> tau() const { return kendall_tau(pairs); }
};

// By measure, those that occur, in the order of kValidated.
std::vector<DecisionsOverall> sum_up(const std::vector<std::vector<Decision>>& scenarios);

}  // namespace twinfer
